import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Namespace } from '@conntrack/lab';
import { Conntrack, type NewFlow } from '@conntrack/netlink';
import type { EventLimits } from '../src/index.js';

/** The changes of a kernel table next to a server, with or without subscribers. */
export interface Churn {
  /** Number of subscribers. Each has a filter over the mark; marks go from 0 to 3. */
  subscribers: number;
  /** Changes a second: entries that are created, marked and deleted in turn, or only created. */
  rate: number;
  seconds: number;
  only?: 'create';
  limits?: Partial<EventLimits>;
}

/** The results. */
export interface ChurnResult {
  /** Actual changes a second. */
  rate: number;
  /** Flows in the subscribers' indexes that are not in the table, and the reverse, after all changes. */
  ghosts: number;
  missing: number;
  /** Fraction of one core that the server used. */
  cpu: number;
}

const MARKS = 4;
/** Clock ticks per second (proc(5)). */
const TICKS = 100;
/** Number of entries that exist at the same time. */
const ALIVE = 5000;
/** Changes in a batch. */
const LOT = 50;

const flow = (n: number): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  timeout: 600,
  mark: n % MARKS,
  original: { src: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`, dst: '192.0.2.1', sport: 1024, dport: 53 },
});
const flows = (from: number, count: number): NewFlow[] => Array.from({ length: count }, (_, i) => flow(from + i));

/** Processor seconds of a process. */
function cpuOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / TICKS;
}

async function drained(outcomes: AsyncIterable<{ outcome: string }>): Promise<void> {
  for await (const { outcome } of outcomes) if (outcome === 'failed') throw new Error('the kernel refused a change');
}

/** Makes changes at a rate. Returns the actual rate per second. */
async function churn(conntrack: Conntrack, { rate, seconds, only }: Churn): Promise<number> {
  const began = performance.now();
  let made = 0;
  for (let n = ALIVE; ; ) {
    const elapsed = (performance.now() - began) / 1000;
    if (elapsed >= seconds) return made / elapsed;
    if (made > elapsed * rate) {
      await delay(2);
      continue;
    }
    await drained(conntrack.createMany(flows(n, LOT)));
    made += LOT;
    if (only === undefined) {
      // Some entries start or stop matching filters, some end.
      await drained(conntrack.updateMany(flows(n - ALIVE / 2, LOT), { mark: n % MARKS }));
      await drained(conntrack.deleteMany(flows(n - ALIVE, LOT)));
      made += 2 * LOT;
    }
    n += LOT;
  }
}

/** The keys of the flows that match each filter. */
async function keysOf(conntrack: Conntrack): Promise<Record<string, Set<string>>> {
  const keys = Object.fromEntries(Array.from({ length: MARKS }, (_, mark) => [`mark=${mark}`, new Set<string>()]));
  for await (const { key, mark = 0 } of conntrack.list()) keys[`mark=${mark}`]!.add(key!);
  return keys;
}

/** Lets subscribers follow a changing kernel table, and compares what they know with the table at the end. */
export async function runChurn(options: Churn): Promise<ChurnResult> {
  const { subscribers, seconds, limits = {} } = options;
  using namespace = Namespace.create();
  await using conntrack = Conntrack.open({ netns: namespace.fd });
  // These entries existed before the server listened.
  await drained(conntrack.createMany(flows(0, ALIVE)));
  const server = fork(
    fileURLToPath(new URL('./server.mjs', import.meta.url)),
    [namespace.path, JSON.stringify(limits)],
    { stdio: 'inherit', execArgv: [] },
  );
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const filters = Array.from({ length: subscribers }, (_, n) => `mark=${n % MARKS}`);
  const workerData = { url: `http://127.0.0.1:${port}`, filters };
  const worker = new Worker(new URL('./pictures.mjs', import.meta.url), { workerData, execArgv: [] });
  const ask = async (keys?: Record<string, Set<string>>): Promise<Omit<ChurnResult, 'cpu'> & { synced: boolean }> => {
    worker.postMessage(keys);
    return (await once(worker, 'message'))[0];
  };
  try {
    while (!(await ask()).synced) await delay(50);
    await delay(1000);
    const before = cpuOf(server.pid!);
    const rate = await churn(conntrack, options);
    const cpu = (cpuOf(server.pid!) - before) / seconds;
    const keys = await keysOf(conntrack);
    for (const end = performance.now() + 30_000; ; await delay(200)) {
      const { ghosts, missing } = await ask(keys);
      if (ghosts + missing === 0 || performance.now() > end) return { rate, ghosts, missing, cpu };
    }
  } finally {
    worker.postMessage('end');
    server.kill();
    await once(server, 'exit');
  }
}
