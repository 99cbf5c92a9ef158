// What recording and asking cost, with the wanted figure beside the measured one. ROWS=10000000 for the figures of the design.
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseQuery } from '@conntrack/filter';
import { History, HistoryStore } from '../src/index.js';
import { benchOut } from './out.js';
import { batchesOf } from './traffic.js';

const ROWS = Number(process.env.ROWS ?? 1_000_000);
const DAY = 86_400_000;
const from = Date.parse('2026-11-29T00:00:00Z');
const traffic = { rows: ROWS, from, span: DAY };
const SEGMENT = 200_000;

const report = (what: string, wanted: string, measured: string): void =>
  console.log(`${what.padEnd(58)} wanted ${wanted.padEnd(16)} measured ${measured}`);

/** The time that a function takes in milliseconds, the best of three runs. */
async function best(run: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    await run();
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

const folder = await mkdtemp(join(tmpdir(), 'conntrack-history-bench-'));
try {
  // What making the rows costs is not part of recording them.
  const making = process.cpuUsage();
  for (const batch of batchesOf({ ...traffic, rows: Math.min(ROWS, SEGMENT) })) {
    for (const cursor = batch.cursor(); cursor.next(); ) {
      cursor.word(0, 3);
      cursor.port(0);
      cursor.bytes(0);
      cursor.packets(1);
      cursor.start();
    }
  }
  const made = process.cpuUsage(making).user / Math.min(ROWS, SEGMENT);
  let now = from;
  const store = await HistoryStore.open({ folder, days: 1e4, bytes: 1e12, now: () => now, monotonic: () => now });
  const cpu = process.cpuUsage();
  let waiting = 0;
  let memory = 0;
  for (const batch of batchesOf(traffic)) {
    store.write(batch);
    waiting += batch.rows;
    if (waiting < SEGMENT) continue;
    waiting = 0;
    now += (DAY * SEGMENT) / ROWS;
    await store.tidy();
    memory = Math.max(memory, process.memoryUsage.rss());
  }
  now = from + 2 * DAY;
  await store.tidy();
  await store.tidy();
  const { user, system } = process.cpuUsage(cpu);
  memory = Math.max(memory, process.memoryUsage.rss());
  const { written, dropped } = store.stats;
  await store.close();
  if (written + dropped < ROWS) throw new Error(`${written} rows were written`);
  const names = (await readdir(folder)).filter(name => name.endsWith('.parquet'));
  const sizes = await Promise.all(names.map(async name => (await stat(join(folder, name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const seconds = (user + system - made * ROWS) / 1e6;
  report(`${ROWS} ends, in a second of one core`, '≥ 150000', String(Math.round(ROWS / seconds)));
  report('rows that were not recorded', '0', String(dropped));
  report('memory, MB', '≤ 300', String(Math.round(memory / 1e6)));
  report('bytes of a flow on the disk', '≤ 30', (bytes / ROWS).toFixed(1));

  const history = await History.open(folder, { duckdb: { memory: 128 * 2 ** 20 } });
  const noon = from + DAY / 2;
  const { filter } = parseQuery('reply.dst=203.0.113.5&reply.dport=40000-40100');
  const lookUp = await best(async () => {
    for await (const _ of history.table({ from: noon - 300_000, to: noon + 300_000 }).batches({ filter }));
  });
  report(`one public address and port ± 5 min of ${ROWS} rows, ms`, '≤ 50', lookUp.toFixed(1));
  const top = await best(() => history.table({ from, to: from + DAY }).top({ by: 'src', metric: 'bytes' }));
  report(`top talkers of a day of ${ROWS} rows, ms`, '≤ 2000', top.toFixed(0));
  report('memory with questions, MB', '≤ 300', String(Math.round(process.memoryUsage.rss() / 1e6)));
  await history.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log('\nInto IPFIX and NDJSON:');
await benchOut();
