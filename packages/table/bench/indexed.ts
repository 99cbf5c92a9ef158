// The figures of the index on a big table, beside the wanted ones; with the kernel's own answers and conntrack(8), in turns within one run.
// `tsx bench/indexed.ts --entries 1000000 --rounds 5`. It measures the built packages: tsx keeps the names of functions, which costs time in short ones.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseQuery } from '@conntrack/filter';
import type { FlowRef } from '@conntrack/flow';
import { REPLY } from '@conntrack/flow/codec';
import { FlowIndex } from '@conntrack/index';
import { Conntrack, type EventSlab } from '@conntrack/netlink';
import { openTable, type Table } from '@conntrack/table';
import { Namespace } from '../../lab/src/index.js';
import { type BigTable, benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';

const { entries, rounds, force } = benchOptions(1_000_000);
/** One of the sources that the table is filled with; 250 entries each. */
const SOURCE = '10.0.0.17';
/** Events that are applied to measure what one costs. */
const EVENTS = 20_000;
/** IPv6 entries, each with two addresses of its own. */
const V6 = 50_000;
/** Questions that the index answers, for each that the kernel answers. */
const COPIES = 15;

function line(what: string, value: string, wanted = '', holds?: boolean): void {
  const verdict = holds === undefined ? '' : holds ? '  holds' : '  MISSED';
  console.log(`${what.padEnd(48)} ${value.padEnd(50)} ${wanted}${verdict}`.trimEnd());
}
const ms = (taken: number): string => `${taken.toFixed(taken < 1 ? 3 : 1)} ms`;

async function timed(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

interface Indexed {
  readonly table: Awaited<ReturnType<typeof openTable>>;
  readonly index: FlowIndex;
}

/** Opens a table with an index, and waits until the index is live. */
async function sync(netns: number): Promise<Indexed> {
  const index = new FlowIndex({ now: () => performance.now(), capacity: entries + EVENTS + 10_000 });
  const table = await openTable('kernel', {
    netns,
    index: { auditInterval: 3_600_000, checkInterval: 3_600_000, index },
  });
  while ((await table.capabilities()).index?.state !== 'live') await new Promise(resolve => setTimeout(resolve, 2));
  return { table, index };
}

/** Compares the first sync with bare dumps, and returns the last index. */
async function measureSync(big: BigTable): Promise<Indexed> {
  const [dumps, syncs, users]: [number[], number[], number[]] = [[], [], []];
  let last: Indexed | undefined;
  for (let round = 0; round < Math.max(3, rounds); round++) {
    last?.table.close();
    dumps.push(big.bare().seconds * 1000);
    const before = process.cpuUsage();
    syncs.push(
      await timed(async () => {
        last = await sync(big.namespace.fd);
      }),
    );
    users.push(process.cpuUsage(before).user / 1000);
  }
  const ratio = median(syncs.map((each, i) => each / dumps[i]!));
  const value = `${(median(syncs) / 1000).toFixed(2)} s, ${ratio.toFixed(2)} dumps (user CPU ${(median(users) / 1000).toFixed(2)} s)`;
  line('first sync', value, '≤ 1.3 dumps', ratio <= 1.3);
  return last!;
}

async function measureQuestion(
  name: string,
  ask: (fresh: boolean) => Promise<unknown>,
  most?: number,
  least?: number,
): Promise<void> {
  const [copy, kernel]: [number[], number[]] = [[], []];
  let user = 0;
  // A server has compiled the code long ago.
  for (let i = 0; i < 2 * COPIES; i++) await ask(false);
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < COPIES; i++) copy.push(await timed(() => ask(false)));
    user += process.cpuUsage(before).user / 1000;
    kernel.push(await timed(() => ask(true)));
  }
  const times = median(kernel) / median(copy);
  const wanted = [most === undefined ? '' : `≤ ${most} ms`, least === undefined ? '' : `≥ ${least} ×`];
  const holds = most === undefined ? undefined : median(copy) <= most && times >= (least ?? 0);
  const cpu = user / (rounds * COPIES);
  const value = `${ms(median(copy))} (CPU ${ms(cpu)}); kernel ${ms(median(kernel))}, ${times.toFixed(0)} ×`;
  line(name, value, wanted.filter(Boolean).join(', '), holds);
}

async function measureQuestions(table: Table): Promise<void> {
  const of = (query: string) => parseQuery(query).filter;
  const [one, many] = [of(`src=${SOURCE}`), of('proto=tcp&state=ESTABLISHED&dst=10.0.0.0/8')];
  const delays = monitorEventLoopDelay({ resolution: 1 });
  await measureQuestion(`page src=${SOURCE}`, fresh => table.page({ filter: one, limit: 100, fresh }), 2, 100);
  await measureQuestion(`count src=${SOURCE}`, fresh => table.count({ filter: one, fresh }));
  delays.enable();
  await measureQuestion(
    'count proto=tcp&state=ESTABLISHED&dst=10/8',
    fresh => table.count({ filter: many, fresh }),
    100,
  );
  await measureQuestion('top by src', fresh => table.top({ by: 'src', fresh }), 60);
  delays.disable();
  const late = delays.percentile(99) / 1e6;
  line('event loop busy during scans, p99', ms(late), '≤ 20 ms', late <= 20);
}

async function measureLookUps({ index }: Indexed): Promise<void> {
  const refs: FlowRef[] = [];
  for (const cursor = index.cursor(); refs.length < 2000 && cursor.next(); )
    if (cursor.row % 97 === 0) refs.push(cursor.ref());
  let found = 0;
  const lookUp = (): void => {
    found = 0;
    for (const ref of refs) found += index.rowsOfTuple(ref, ref.reply!, REPLY).length;
  };
  lookUp();
  const taken = await timed(lookUp);
  if (found !== refs.length) throw new Error(`${found} of ${refs.length} connections were found by their reply tuple`);
  line('look-up by reply tuple (reverse NAT)', ms(taken / found), '≤ 0.1 ms', taken / found <= 0.1);
}

/** Memory with the columns of counters, which exist once one entry has counters. */
async function measureMemory(big: BigTable, { table, index }: Indexed): Promise<void> {
  big.namespace.sysctl('netfilter.nf_conntrack_acct', 1);
  const conntrack = Conntrack.open({ netns: big.namespace.fd });
  await conntrack.create({
    family: 'ipv4',
    protonum: 17,
    original: { src: '10.250.0.1', dst: '10.250.0.2', sport: 1, dport: 2 },
    timeout: 3600,
  });
  conntrack.close();
  // Once the event has arrived, the next dump shows the counters.
  while (index.size === entries) await new Promise(resolve => setTimeout(resolve, 2));
  await table.count({ filter: parseQuery('bytes>=0').filter });
  const bytes = index.bytes / index.size;
  line('memory with lists and counters, IPv4', `${bytes.toFixed(0)} bytes a flow`, '≤ 140', bytes <= 140);
}

async function measureV6(): Promise<void> {
  const namespace = Namespace.create();
  const conntrack = Conntrack.open({ netns: namespace.fd });
  try {
    namespace.sysctl('netfilter.nf_conntrack_acct', 1);
    const flows = Array.from({ length: V6 }, (_, i) => ({
      family: 'ipv6' as const,
      protonum: 17,
      original: { src: `2001:db8:1::${i.toString(16)}`, dst: `2001:db8:2::${i.toString(16)}`, sport: 1000, dport: 53 },
      timeout: 300,
    }));
    for await (const { outcome } of conntrack.createMany(flows)) if (outcome !== 'done') throw new Error(outcome);
    const index = new FlowIndex({ now: () => performance.now(), capacity: V6 });
    index.beginSweep();
    for await (const slab of conntrack.dump()) index.presentAll(slab.cursor());
    index.endSweep();
    const bytes = index.bytes / index.size;
    line('memory with lists and counters, IPv6', `${bytes.toFixed(0)} bytes a flow`, '≤ 190', bytes <= 190);
  } finally {
    conntrack.close();
    namespace.close();
  }
}

/** Applies recorded events of new and ended entries to the big index, again and again. */
async function measureEvents({ index }: Indexed): Promise<void> {
  const namespace = Namespace.create();
  const slabs = await record(namespace);
  namespace.close();
  const taken: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    const before = process.cpuUsage();
    for (const slab of slabs) index.events(slab.cursor());
    if (round >= 2) taken.push(process.cpuUsage(before).user / 1e6);
  }
  const rate = (2 * EVENTS) / median(taken);
  const value = `${Math.round(rate / 1000)},000 a second of CPU, ${((median(taken) * 1e6) / (2 * EVENTS)).toFixed(2)} µs each`;
  line(`events applied to ${index.size} entries`, value, '≥ 200,000', rate >= 200_000);
}

async function record(namespace: Namespace): Promise<EventSlab[]> {
  const conntrack = Conntrack.open({ netns: namespace.fd });
  const events = conntrack.events();
  const flows = Array.from({ length: EVENTS }, (_, i) => ({
    family: 'ipv4' as const,
    protonum: 17,
    original: { src: `10.99.${i >> 8}.${i & 255}`, dst: '10.98.0.1', sport: 1000, dport: 53 },
    timeout: 300,
  }));
  const slabs: EventSlab[] = [];
  const recording = (async () => {
    let seen = 0;
    for await (const slab of events.slabs()) {
      slabs.push(slab);
      for (const cursor = slab.cursor(); cursor.next(); ) seen++;
      if (seen >= 2 * EVENTS) break;
    }
  })();
  for await (const { outcome } of conntrack.createMany(flows)) if (outcome !== 'done') throw new Error(outcome);
  for await (const { outcome } of conntrack.deleteMany(flows)) if (outcome !== 'done') throw new Error(outcome);
  await recording;
  conntrack.close();
  return slabs;
}

async function measureTool(big: BigTable): Promise<void> {
  const taken: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const wall = big.wall('conntrack', ['-L', '-s', SOURCE]);
    if (wall !== undefined) taken.push(wall * 1000);
  }
  line(`conntrack -L -s ${SOURCE}`, taken.length > 0 ? ms(median(taken)) : 'not installed');
}

await withBigTable(
  entries,
  force,
  async big => {
    console.log(`${entries} entries, median of ${rounds} rounds`);
    const indexed = await measureSync(big);
    await measureQuestions(indexed.table);
    await measureTool(big);
    await measureLookUps(indexed);
    await measureMemory(big, indexed);
    await measureEvents(indexed);
    indexed.table.close();
    await measureV6();
  },
  EVENTS + V6 + 10_000,
);
