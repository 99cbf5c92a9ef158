// What /livez takes, and how the server's memory grows, while attackers with a valid token send requests with as many faults as fit.
// Run after the build: npx tsx --conditions=@conntrack/source bench/attack.ts
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const TOKEN = 'benchmark-token-of-sixteen-or-more';
const ATTACKERS = 16;
const SECONDS = 5;
/** What the server may take at most: milliseconds of the 99th percentile, and MiB. */
const WANTED = { livez: 50, memory: 50 };

const many = <T>(count: number, item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
const search = (filter: unknown): [string, string] => ['/conntrack/search', JSON.stringify({ filter })];
const ATTACKS: Record<string, [path: string, body: string]> = {
  '60,000 unknown members': ['/conntrack', JSON.stringify(Object.fromEntries(many(60_000, i => [`k${i}`, 1])))],
  'arrays 500,000 deep': ['/conntrack', '['.repeat(500_000) + ']'.repeat(500_000)],
  'an array of 500,000': ['/conntrack', `[${'1,'.repeat(500_000)}1]`],
  '200,000 wrong labels': ['/conntrack', JSON.stringify({ labels: many(200_000, () => 'x') })],
  '60,000 filters': ['/conntrack/plans', JSON.stringify({ change: 'delete', filters: many(60_000, () => 'x=1') })],
  '30,000 wrong values': search(`dport in {${many(30_000, () => 'zz').join()}}`),
  '200,000 open parentheses': search('('.repeat(200_000)),
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
const memory = (field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024;

const agent = new Agent({ keepAlive: true });
const p99 = (times: number[]): number => times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)]!;
try {
  // Compiled code and a grown heap are no attack's.
  for (const [path, body] of Object.values(ATTACKS)) await ask(agent, 'POST', path, body);
  const before = memory('VmRSS');
  for (const [name, [path, body]] of Object.entries(ATTACKS)) {
    const end = performance.now() + SECONDS * 1000;
    const running = (): boolean => performance.now() < end;
    let sent = 0;
    const attackers = many(ATTACKERS, async () => {
      while (running()) {
        await ask(agent, 'POST', path, body);
        sent++;
      }
    });
    const times: number[] = [];
    while (running()) {
      const from = performance.now();
      await ask(agent, 'GET', '/livez');
      times.push(performance.now() - from);
      await delay(2);
    }
    await Promise.all(attackers);
    const figures = `/livez p99 ${p99(times).toFixed(1)} ms of ${times.length}, ${sent} attacks, +${(memory('VmRSS') - before).toFixed(0)} MiB`;
    console.log(`${name.padEnd(28)} ${figures.padEnd(60)} wanted: ≤ ${WANTED.livez} ms, ≤ +${WANTED.memory} MiB`);
  }
} finally {
  agent.destroy();
  server.disconnect();
}
