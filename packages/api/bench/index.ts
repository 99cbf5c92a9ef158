// What the application costs over Hono's "hello", and how fast a list is written. Run: npm run bench
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { serve as serveHono } from '@hono/node-server';
import { Hono } from 'hono';
import { serve } from '../src/index.js';
import { tcpFlow } from '../test/flows.js';

const ROUNDS = 3;
const FLOWS = 50_000;

async function load(url: string, headers: Record<string, string> = {}): Promise<number> {
  const workerData = { url, headers, connections: 16, milliseconds: 1500 };
  const worker = new Worker(new URL('./client.mjs', import.meta.url), { workerData });
  const [rate] = (await once(worker, 'message')) as [number];
  return rate;
}

const median = (values: number[]): number => values.sort((one, other) => one - other)[values.length >> 1]!;

const table = new ConntrackTable(new MemorySource(Array.from({ length: FLOWS }, (_, n) => tcpFlow(n))));
const server = await serve({ table, listen: '127.0.0.1:0', anonymous: 'read', adminToken: 'bench' });
const hello = new Hono().get('/', c => c.json({ hello: 'world' }));
const bare = serveHono({ fetch: hello.fetch, port: 0, hostname: '127.0.0.1' });
await once(bare, 'listening');
const helloUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/`;

const { items } = (await (await fetch(`${server.url}/conntrack?limit=1`)).json()) as { items: { key: string }[] };
const keyUrl = `${server.url}/conntrack/${items[0]!.key}`;
const rates = { hello: [] as number[], key: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  rates.hello.push(await load(helloUrl));
  rates.key.push(await load(keyUrl, { authorization: 'Bearer bench' }));
}
const [one, other] = [median(rates.key), median(rates.hello)];
console.log(
  `GET by key: ${one.toFixed(0)} requests/s, ${(one / other).toFixed(2)} of Hono's hello (${other.toFixed(0)})`,
);

for (const format of ['ndjson', 'csv', 'plain']) {
  const began = performance.now();
  const { byteLength } = await (await fetch(`${server.url}/conntrack?format=${format}`)).arrayBuffer();
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${format}: ${FLOWS} flows, ${(byteLength / 1e6).toFixed(1)} MB in ${seconds.toFixed(2)} s, ${((seconds * 1e6) / FLOWS).toFixed(2)} µs each`,
  );
}
await server.close();
bare.close();
