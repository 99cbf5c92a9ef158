import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { type EventLimits, serve } from '../src/index.js';
import { tcpFlow } from '../test/flows.js';

/** Number of subscribers and events, and the duration. */
export interface Load {
  subscribers: number;
  /** Events a second. */
  rate: number;
  seconds: number;
  /** Makes records as long as those with counters and times: 800 bytes. */
  long?: boolean;
  limits?: Partial<EventLimits>;
  /**
   * Maximum number of events that readers may be behind before the next one is made. With it, the benchmark measures no
   * speed, and works on a busy machine. Without it, events are made at a rate.
   */
  lag?: number;
}

/** What a subscriber received. */
interface Seen {
  index: number;
  events: number;
  gaps: number;
  lost: number;
  missed: number;
  last: number;
  /** The place of the last gap. */
  where?: string;
  ready: boolean;
}

/** The results. */
export interface LoadResult {
  /** Number of events and their actual rate. */
  made: number;
  rate: number;
  /** For subscribers that read all the time: missed events, reported gaps, and the minimum of received events. */
  others: { missed: number; gaps: number; where: readonly string[]; least: number };
  /** For the subscriber that reads nothing until the end. */
  stopped: { gaps: number; lost: number; events: number; missed: number };
  /** Processor seconds of this process, including the subscribers. */
  cpu: number;
  /** Maximum memory in MiB. */
  rss: number;
}

/**
 * Watches a table in memory with many subscribers in another thread, one of which stops reading, while entries are
 * created and deleted.
 */
export async function runLoad({ subscribers, rate, seconds, long = false, limits, lag }: Load): Promise<LoadResult> {
  const source = new MemorySource();
  const server = await serve({
    table: new ConntrackTable(source),
    listen: '127.0.0.1:0',
    anonymous: 'read',
    grace: 100,
    ...(limits && { eventLimits: limits }),
  });
  const workerData = {
    port: Number(new URL(server.url).port),
    path: '/conntrack/events?format=ndjson',
    count: subscribers,
    stopped: 0,
  };
  const worker = new Worker(new URL('./watchers.mjs', import.meta.url), { workerData });
  let asked = 0;
  const ask = async (what: string): Promise<Seen[]> => {
    const id = ++asked;
    worker.postMessage({ ask: what, id });
    for (;;) {
      const [answer] = (await once(worker, 'message')) as [{ id: number; seen: Seen[] }];
      if (answer.id === id) return answer.seen;
    }
  };
  const until = async (what: string, done: (seen: Seen[]) => boolean, every = 50): Promise<Seen[]> => {
    for (const end = performance.now() + 30_000; ; await delay(every)) {
      const seen = await ask('tell');
      if (done(seen)) return seen;
      if (performance.now() > end) throw new Error(`${what}: ${JSON.stringify(seen.slice(0, 4))}`);
    }
  };
  try {
    await until('all are there', seen => seen.length === subscribers && seen.every(({ ready }) => ready));
    await ask('stop');
    const cpu = process.cpuUsage();
    const began = performance.now();
    let made = 0;
    let rss = 0;
    // Labels make a record as long as one with counters and times.
    const labels = Array.from({ length: long ? 100 : 0 }, (_, label) => label);
    const template = tcpFlow(1);
    const one = async (): Promise<void> => {
      const n = made >> 1;
      const original = {
        dst: template.original.dst,
        dport: 80,
        src: `10.1.${(n >> 8) & 255}.${n & 255}`,
        sport: 1024 + (n >> 16),
      };
      const ref = { family: 'ipv4', protonum: 6, original } as const;
      if ((made++ & 1) === 0) await source.create({ ...ref, timeout: 600, state: 'ESTABLISHED', labels });
      else await source.delete(ref);
    };
    const others = (seen: Seen[]): Seen[] => seen.filter(({ index }) => index !== 0);
    const following = (seen: Seen[]): boolean =>
      others(seen).every(({ events, gaps }) => made - events < lag! || gaps > 0);
    for (;;) {
      const elapsed = (performance.now() - began) / 1000;
      const due = Math.min(elapsed, seconds) * rate;
      while (made < due) {
        await one();
        // After a delay this process has many events to make. It must serve requests in between.
        if (lag !== undefined && made % lag === 0) await until('the others follow', following, 1);
        else if (made % 500 === 0) await new Promise(setImmediate);
      }
      rss = Math.max(rss, process.memoryUsage().rss);
      if (elapsed >= seconds) break;
      await delay(5);
    }
    const real = made / ((performance.now() - began) / 1000);
    await until('the others have all', seen => others(seen).every(({ events, gaps }) => events >= made || gaps > 0));
    const { user, system } = process.cpuUsage(cpu);
    await ask('resume');
    // One more event: the first one after the gap must arrive.
    await one();
    const seen = await until('the stopped one is there again', all => all[0]!.last >= made + 1);
    return {
      made,
      rate: real,
      others: {
        missed: Math.max(0, ...others(seen).map(({ missed }) => missed)),
        gaps: others(seen).reduce((sum, { gaps }) => sum + gaps, 0),
        where: others(seen).flatMap(({ where }) => where ?? []),
        least: Math.min(...others(seen).map(({ events }) => events)),
      },
      stopped: seen[0]!,
      cpu: (user + system) / 1e6,
      rss: rss / 2 ** 20,
    };
  } finally {
    await ask('end');
    await worker.terminate();
    await server.close();
  }
}
