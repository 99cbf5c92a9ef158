// Questions to a big table with and without an index, and compared with conntrack(8), in turns within one run; and what the index costs.
import { parseQuery } from '@conntrack/filter';
import { FlowIndex } from '@conntrack/index';
import { Conntrack, type EventSlab } from '@conntrack/netlink';
import { benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';
import { openTable } from '../src/index.js';

const { entries, rounds, force } = benchOptions(1_000_000);
/** One of the sources that the table is filled with; 250 entries each. */
const SOURCE = '10.0.0.17';
/** Events that are applied to measure what one costs. */
const EVENTS = 20_000;

const line = (what: string, value: string): void => console.log(`${what.padEnd(58)} ${value}`);
const seconds = (taken: readonly number[]): string => `${(median(taken) * 1000).toFixed(2)} ms`;
async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1000;
}

await withBigTable(
  entries,
  force,
  async big => {
    const netns = big.namespace.fd;
    const dump = big.bare().seconds;
    const from = performance.now();
    const table = await openTable('kernel', { netns, index: { auditInterval: 3_600_000, checkInterval: 3_600_000 } });
    const state = async () => (await table.capabilities()).index!;
    while ((await state()).state !== 'live') await new Promise(resolve => setTimeout(resolve, 5));
    const sync = (performance.now() - from) / 1000;
    const { bytes, entries: held } = await state();
    console.log(`${held} entries, median of ${rounds} rounds`);
    line('first sync', `${sync.toFixed(2)} s, ${(sync / dump).toFixed(2)} × a bare dump`);
    line('memory', `${(bytes / held).toFixed(0)} bytes an entry`);

    const questions: Record<string, (fresh: boolean) => Promise<unknown>> = {};
    const ask = (query: string): void => {
      const { filter } = parseQuery(query);
      questions[`count ${query}`] = fresh => table.count({ filter, fresh });
    };
    const { filter } = parseQuery(`src=${SOURCE}`);
    questions[`page src=${SOURCE}`] = fresh => table.page({ filter, limit: 100, fresh });
    ask(`src=${SOURCE}`);
    ask('proto=tcp&state=ESTABLISHED&dst=10.0.0.0/8');
    questions['top by src'] = fresh => table.top({ by: 'src', fresh });
    for (const [name, question] of Object.entries(questions)) {
      const [copy, kernel] = [[] as number[], [] as number[]];
      for (let round = 0; round < rounds; round++) {
        copy.push(await timed(() => question(false)));
        kernel.push(await timed(() => question(true)));
      }
      line(name, `${seconds(copy)}; kernel ${seconds(kernel)}, ${(median(kernel) / median(copy)).toFixed(0)} ×`);
    }
    const tool: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const wall = big.wall('conntrack', ['-L', '-s', SOURCE]);
      if (wall !== undefined) tool.push(wall);
    }
    line(`conntrack -L -s ${SOURCE}`, tool.length > 0 ? seconds(tool) : 'not installed');
    table.close();
    await applyEvents(big.namespace.fd);
  },
  EVENTS + 10_000,
);

/** Applies recorded events of new and ended entries to an index, again and again. */
async function applyEvents(netns: number): Promise<void> {
  const conntrack = Conntrack.open({ netns });
  const events = conntrack.events();
  const flows = Array.from({ length: EVENTS }, (_, i) => ({
    family: 'ipv4' as const,
    protonum: 17,
    original: { src: `10.99.${i >> 8}.${i & 255}`, dst: '10.98.0.1', sport: 1000, dport: 53 },
    timeout: 300,
  }));
  const slabs: EventSlab[] = [];
  const record = (async () => {
    let seen = 0;
    for await (const slab of events.slabs()) {
      slabs.push(slab);
      for (const cursor = slab.cursor(); cursor.next(); ) seen++;
      if (seen >= 2 * EVENTS) break;
    }
  })();
  for await (const { outcome } of conntrack.createMany(flows)) if (outcome !== 'done') throw new Error(outcome);
  for await (const { outcome } of conntrack.deleteMany(flows)) if (outcome !== 'done') throw new Error(outcome);
  await record;
  conntrack.close();
  const index = new FlowIndex({ now: () => performance.now(), capacity: EVENTS });
  const taken: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    const from = performance.now();
    for (const slab of slabs) for (const cursor = slab.cursor(); cursor.next(); ) index.event(cursor);
    if (round >= 2) taken.push((performance.now() - from) / 1000);
  }
  line('events applied on one core', `${Math.round((2 * EVENTS) / median(taken) / 1000)},000 a second`);
}
