// Lists of a large table over loopback, compared with a plain receive loop in C: time, first byte, memory, and what
// else the server answers meanwhile. Then single look-ups, compared with Hono's "hello". Run: npm run bench
import { execFile, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type BigTable, benchOptions, median, withBigTable } from '../../netlink/bench/big-table.js';
import { runChurn } from './churn.js';
import { runLoad } from './load.js';
import { stages } from './stages.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { entries, rounds, force } = benchOptions(1_000_000);
/** A small number of entries, to check that the benchmark works. */
const quick = entries < 100_000;
/** One of the source addresses in the table; 250 entries have it. */
const SOURCE = '10.0.0.100';
const LISTS_AT_ONCE = 4;
/** The limit for each list of the whole table, as a multiple of the C program's time. */
const WANTED: Readonly<Record<string, string>> = {
  ndjson: '1.25 ×',
  'conntrack(8) text': '1.15 ×',
  'JSON, a page of 10,000': '1.2 ×',
  CSV: '1.25 ×',
  XML: '1.4 ×',
};

interface Drained {
  first: number;
  seconds: number;
  bytes: number;
  /** Processor seconds of the reader. */
  cpu: number;
}

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'conntrack-bench-'));
const drainer = join(folder, 'drain');

const line = (name: string, figure: string, wanted: string): void =>
  console.log(`${name.padEnd(46)} ${figure.padEnd(34)} wanted: ${wanted}`);
const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;

const hasWrk = spawnSync('wrk', ['--version']).error === undefined;

/** Uses wrk if it is installed: a client in Node costs more than the server's "hello", and would measure itself. */
async function requestsPerSecond(url: string, headers: Record<string, string> = {}): Promise<number> {
  if (hasWrk) {
    const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const { stdout } = await run('wrk', ['-t1', '-c32', '-d2', ...lines, url]);
    if (/Non-2xx/.test(stdout)) throw new Error(stdout);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)![1]);
  }
  const workerData = { url, headers, connections: 16, milliseconds: 1500 };
  const [rate] = (await once(new Worker(new URL('./client.mjs', import.meta.url), { workerData }), 'message')) as [
    number,
  ];
  return rate;
}

/** Milliseconds of consecutive requests of /livez, until `done`. */
async function probe(port: number, done: () => boolean): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  while (!done()) {
    const from = performance.now();
    await new Promise<void>((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/livez', agent }, response => {
        response.resume().once('end', resolve);
      }).once('error', reject);
    });
    times.push(performance.now() - from);
    await delay(2);
  }
  agent.destroy();
  return times;
}

const p99 = (times: number[]): number => times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? 0;

async function lists(table: BigTable): Promise<void> {
  const server = fork(here('./server.mjs'), [table.namespace.path], { stdio: 'inherit', execArgv: [] });
  const [{ port, hello }] = (await once(server, 'message')) as [{ port: number; hello: number }];
  const drain = async (path: string, encoding = 'identity'): Promise<Drained> => {
    const { stdout } = await run(drainer, [String(port), path, encoding]);
    const [first, seconds, bytes, cpu] = stdout.trim().split(' ').map(Number) as [number, number, number, number];
    return { first, seconds, bytes, cpu };
  };
  const memory = (field: string): number =>
    Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024;
  try {
    const whole = {
      ndjson: '/conntrack?format=ndjson',
      'conntrack(8) text': '/conntrack?format=plain',
      'JSON, a page of 10,000': '/conntrack?limit=10000',
      CSV: '/conntrack?format=csv',
      XML: '/conntrack?format=xml',
    };
    const times = new Map<string, number[]>();
    const firsts: number[] = [];
    const record = (name: string, seconds: number): number => {
      times.set(name, [...(times.get(name) ?? []), seconds]);
      return seconds;
    };
    // A first run compiles the functions. Its result is discarded.
    for (const path of Object.values(whole)) await drain(`${path}&mark=1`);
    await drain(whole.ndjson);
    console.log(`${entries} entries`);
    for (const count of [1, LISTS_AT_ONCE]) {
      writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
      let running = true;
      const all = Promise.all(Array.from({ length: count }, () => drain(whole.ndjson))).finally(() => {
        running = false;
      });
      const lives = await probe(port, () => !running);
      const slowest = Math.max(...(await all).map(({ seconds }) => seconds));
      const at = count === 1 ? 'one list' : `${count} lists at once`;
      line(`/livez while there is ${at}`, `p99 ${p99(lives).toFixed(1)} ms of ${lives.length}`, '20 ms');
      line(`maximum memory, ${at}`, `${memory('VmHWM').toFixed(0)} MiB, all in ${milliseconds(slowest)}`, '160 MiB');
    }

    const sizes = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      record('bare', table.bare().seconds);
      record('bare source', table.bare(SOURCE).seconds);
      for (const [name, path] of Object.entries(whole)) {
        const { first, seconds, bytes } = await drain(path);
        record(name, seconds);
        sizes.set(name, bytes);
        if (name === 'ndjson') firsts.push(first);
      }
      const compressed = await drain(whole.ndjson, 'gzip');
      record('gzip', compressed.seconds);
      sizes.set('gzip', compressed.bytes);
      record('source, JSON', (await drain(`/conntrack?src=${SOURCE}`)).seconds);
      record('source, NDJSON', (await drain(`/conntrack?src=${SOURCE}&format=ndjson`)).seconds);
    }
    const taken = (name: string): number => median(times.get(name)!);
    console.log(`median of ${rounds} rounds`);
    line('bare receive loop in C', milliseconds(taken('bare')), '-');
    for (const name of Object.keys(whole))
      line(
        `whole table, ${name} (${(sizes.get(name)! / 1e6).toFixed(0)} MB)`,
        `${milliseconds(taken(name))}, ${(taken(name) / taken('bare')).toFixed(2)} × bare`,
        WANTED[name]!,
      );
    line(
      `whole table, NDJSON, gzip (${(sizes.get('gzip')! / 1e6).toFixed(0)} MB)`,
      `${milliseconds(taken('gzip'))}, ${(taken('gzip') / taken('bare')).toFixed(2)} × bare`,
      '2 ×',
    );
    line('bare kernel filter, one source', milliseconds(taken('bare source')), '-');
    for (const name of ['source, JSON', 'source, NDJSON'])
      line(
        `?src=ADDR, ${name}`,
        `${milliseconds(taken(name))}, ${(taken(name) / taken('bare source')).toFixed(2)} × bare`,
        '1.1 ×',
      );
    line('first byte of NDJSON', milliseconds(median(firsts)), '30 ms');
    await stages(
      table,
      { pid: server.pid!, entries, rounds },
      async format => (await drain(`/conntrack?format=${format}`)).cpu,
    );

    const { items } = (await (await fetch(`http://127.0.0.1:${port}/conntrack?limit=1`)).json()) as {
      items: { key: string }[];
    };
    const rates = { hello: [] as number[], key: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      rates.hello.push(await requestsPerSecond(`http://127.0.0.1:${hello}/`));
      rates.key.push(
        await requestsPerSecond(`http://127.0.0.1:${port}/conntrack/${items[0]!.key}`, {
          authorization: 'Bearer benchmark-token-of-sixteen-or-more',
        }),
      );
    }
    line('memory at the end of all this', `${memory('VmRSS').toFixed(0)} MiB`, '-');
    const [key, bare] = [median(rates.key), median(rates.hello)];
    line(
      `GET by key, asked by ${hasWrk ? 'wrk' : 'Node'}`,
      `${key.toFixed(0)}/s, ${(key / bare).toFixed(2)} of Hono's hello (${bare.toFixed(0)}/s)`,
      '0.5',
    );
  } finally {
    server.kill();
    await once(server, 'exit');
  }
}

async function watchers(): Promise<void> {
  for (const load of [
    { subscribers: 200, rate: 2000, seconds: 10, long: true, limits: { ring: 4e6 } },
    { subscribers: 4, rate: 50_000, seconds: 5 },
  ]) {
    const { others, stopped, rate, cpu } = await runLoad(load);
    line(
      `${load.subscribers} subscribers, ${rate.toFixed(0)} events/s`,
      `${others.missed} missed, ${others.gaps} gaps; stopped: ${stopped.gaps} gap; ${((cpu / load.seconds) * 100).toFixed(0)} % CPU`,
      '0, 0; 1',
    );
  }
}

const percent = (part: number): string => `${(part * 100).toFixed(0)} % of a core`;

/** Indexes of a changing kernel table, and the cost of listening while nobody watches. */
async function pictures(): Promise<void> {
  const seconds = quick ? 2 : 10;
  const { rate, ghosts, missing, cpu } = await runChurn({ subscribers: quick ? 10 : 100, rate: 2000, seconds });
  line(
    `${quick ? 10 : 100} subscribers with filters, ${rate.toFixed(0)} changes/s`,
    `${ghosts} ghosts, ${missing} missing; ${percent(cpu)}`,
    '0, 0',
  );
  for (const listen of ['demand', 'start'] as const) {
    const idle = await runChurn({
      subscribers: 0,
      rate: 10_000,
      seconds: seconds / 2,
      only: 'create',
      limits: { listen },
    });
    line(`nobody watches, ${idle.rate.toFixed(0)} creates/s, listen: ${listen}`, percent(idle.cpu), '-');
  }
}

if (!existsSync(here('../dist/index.js'))) throw new Error('the server is run as it is built: npm run build first');
try {
  const built = spawnSync('cc', ['-O2', '-o', drainer, here('./drain.c')], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('the reader does not build');
  await withBigTable(entries, force, lists);
  await watchers();
  await pictures();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
