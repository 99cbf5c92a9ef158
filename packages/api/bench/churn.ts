import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Namespace } from '@conntrack/lab';
import { Conntrack, type NewFlow } from '@conntrack/netlink';
import type { EventLimits } from '../src/index.js';

/** Changes of a kernel table beside a server, with or without subscribers. */
export interface Churn {
  /** Subscribers, each with one of these filters over the mark; marks go from 0 to 3. */
  subscribers: number;
  /** Changes a second: entries that are made, marked and deleted in turn, or made alone. */
  rate: number;
  seconds: number;
  only?: 'create';
  limits?: Partial<EventLimits>;
}

/** What came of it. */
export interface ChurnResult {
  /** Changes a second that came of it. */
  rate: number;
  /** Flows in pictures that the table does not have, and the other way round, once all is quiet. */
  ghosts: number;
  missing: number;
  /** Part of one core that the server took. */
  cpu: number;
}

const MARKS = 4;
/** Clock ticks a second, as proc(5) counts. */
const TICKS = 100;
/** Entries that are there at the same time. */
const ALIVE = 5000;
/** Changes to a batch. */
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

/** Makes changes by the clock; answers how many a second. */
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
      // Some enter filters and leave others, some end.
      await drained(conntrack.updateMany(flows(n - ALIVE / 2, LOT), { mark: n % MARKS }));
      await drained(conntrack.deleteMany(flows(n - ALIVE, LOT)));
      made += 2 * LOT;
    }
    n += LOT;
  }
}

/** The keys that each filter picks now. */
async function keysOf(conntrack: Conntrack): Promise<Record<string, Set<string>>> {
  const keys = Object.fromEntries(Array.from({ length: MARKS }, (_, mark) => [`mark=${mark}`, new Set<string>()]));
  for await (const { key, mark = 0 } of conntrack.list()) keys[`mark=${mark}`]!.add(key!);
  return keys;
}

/** Lets subscribers follow a kernel table that changes, and compares what they know with the table at the end. */
export async function runChurn(options: Churn): Promise<ChurnResult> {
  const { subscribers, seconds, limits = {} } = options;
  using namespace = Namespace.create();
  await using conntrack = Conntrack.open({ netns: namespace.fd });
  // They are older than the listening.
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
