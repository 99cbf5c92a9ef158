// Measures the latency of /livez, and how far the server's memory (resident, at its peak) grows beyond that of ordinary
// requests, while attackers with a valid token send requests with as many faults as possible. Run after the build: npx
// tsx --conditions=@conntrack/source bench/attack.ts
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const TOKEN = 'benchmark-token-of-sixteen-or-more';
const ATTACKERS = 16;
const SECONDS = 5;
/** The limits: milliseconds of the 99th percentile, and MiB. */
const WANTED = { livez: 50, memory: 50 };

const many = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const item = (i: number): object => ({
  op: 'create',
  flow: { protocol: 'tcp', original: { src: '192.0.2.10', dst: '198.51.100.7', sport: i, dport: 53 }, timeout: 60 },
});
const search = (filter: unknown): [string, string] => ['/conntrack/search', JSON.stringify({ filter })];
const ATTACKS: Record<string, [path: string, body: string]> = {
  '60,000 unknown members': ['/conntrack', JSON.stringify(Object.fromEntries(many(60_000, i => [`k${i}`, 1])))],
  'arrays 500,000 deep': ['/conntrack', '['.repeat(500_000) + ']'.repeat(500_000)],
  'an array of 500,000': ['/conntrack', `[${'1,'.repeat(500_000)}1]`],
  '200,000 wrong labels': ['/conntrack', JSON.stringify({ labels: many(200_000, () => 'x') })],
  '60,000 filters': ['/conntrack/plans', JSON.stringify({ change: 'delete', filters: many(60_000, () => 'x=1') })],
  '30,000 wrong values': search(`dport in {${many(30_000, () => 'zz').join()}}`),
  '170,000 members in 700 objects': [
    '/conntrack',
    `[${many(700, () => `{${many(240, i => `"${i}":1`).join()}}`).join()}]`,
  ],
  '200,000 open parentheses': search('('.repeat(200_000)),
  '10,000 addresses': search(`src in {${many(9999, i => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`).join()}}`),
  '1,000 changes': ['/conntrack/changes', JSON.stringify({ changes: many(1000, i => item(i + 1)), dryRun: true })],
  '1,000 wrong changes': ['/conntrack/changes', JSON.stringify({ changes: many(1000, () => item(-1)) })],
  '20,000 wrong tests': search({ kind: 'and', terms: many(20_000, () => ({ kind: 'test', field: 'zz' })) }),
};

const server = fork(fileURLToPath(new URL('./memory-server.mjs', import.meta.url)), [TOKEN], { execArgv: [] });
const [{ port }] = (await once(server, 'message')) as [{ port: number }];
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

const ask = (agent: Agent, method: string, path: string, body?: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', agent, method, path, headers }, response => {
      response.resume().once('end', () => resolve(response.statusCode!));
    });
    sent.once('error', reject).end(body);
  });
/** Reads a value in MiB. `VmHWM` is the peak since {@link forget}. */
const memory = (field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024;
const forget = (): void => writeFileSync(`/proc/${server.pid}/clear_refs`, '5');

interface Round {
  /** Milliseconds of each /livez. */
  readonly times: number[];
  /** Number of responses by status, and of requests without a response. */
  readonly answers: Record<string, number>;
}

/** Sends one request repeatedly over many connections, and requests /livez in parallel. */
async function round(send: () => Promise<number>): Promise<Round> {
  const end = performance.now() + SECONDS * 1000;
  const running = (): boolean => performance.now() < end;
  const answers: Record<string, number> = {};
  const attackers = many(ATTACKERS, async () => {
    while (running()) {
      // A server that is too slow for a large body may close its connection. The attacker opens another one.
      const status = await send().catch(() => 'closed' as const);
      answers[status] = (answers[status] ?? 0) + 1;
      if (status === 429 || status === 503) await delay(100);
    }
  });
  const probe = new Worker(new URL('./livez-probe.mjs', import.meta.url), {
    workerData: { port, milliseconds: SECONDS * 1000 },
    execArgv: [],
  });
  const [times] = (await once(probe, 'message')) as [number[]];
  await Promise.all(attackers);
  return { times, answers };
}

const agent = new Agent({ keepAlive: true });
const p99 = (times: number[]): number => times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)]!;
try {
  // Compiled code, and a heap that has grown under ordinary requests, do not count as effects of the attack.
  for (const [path, body] of Object.values(ATTACKS)) await ask(agent, 'POST', path, body);
  const ordinary = JSON.stringify({ filter: 'proto == tcp and not dport in {80, 443}' });
  const control = await round(() => ask(agent, 'POST', '/conntrack/search', ordinary));
  const before = memory('VmRSS');
  console.log(`ordinary searches instead: /livez p99 ${p99(control.times).toFixed(1)} ms, ${before.toFixed(0)} MiB`);
  for (const [name, [path, body]] of Object.entries(ATTACKS)) {
    forget();
    const { times, answers } = await round(() => ask(agent, 'POST', path, body));
    const statuses = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
    const peak = `+${(memory('VmHWM') - before).toFixed(0)} MiB`;
    const figures = `/livez p99 ${p99(times).toFixed(1)} ms of ${times.length}, peak ${peak} (${statuses.join(', ')})`;
    console.log(`${name.padEnd(30)} ${figures.padEnd(74)} wanted: ≤ ${WANTED.livez} ms, ≤ +${WANTED.memory} MiB`);
  }
} finally {
  agent.destroy();
  server.disconnect();
}
