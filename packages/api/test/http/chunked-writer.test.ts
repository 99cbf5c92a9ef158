import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from '../../src/index.js';
import { EndlessSource } from '../endless.js';
import { sample } from '../flows.js';

const servers: RunningServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map(server => server.close()));
});

async function start(source: MemorySource, options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({
    table: new ConntrackTable(source),
    listen: '127.0.0.1:0',
    anonymous: 'read',
    grace: 100,
    ...options,
  });
  servers.push(server);
  return server;
}

/** A client that reads only when told. */
async function ask(server: RunningServer, target: string, coding = 'identity'): Promise<Socket> {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: ${coding}\r\n\r\n`);
  return socket;
}

const until = (condition: () => boolean, what: string): Promise<unknown> =>
  expect.poll(condition, { message: what }).toBe(true);

/** Waits until the number has not changed for many turns of the event loop that server and source share. Returns it. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  for (let turns = 0; turns < 150 || last <= 0; turns++) {
    if (read() !== last) turns = 0;
    last = read();
    await delay(1);
  }
  return last;
}

test.each([
  ['ndjson', 'identity', 100],
  ['csv', 'identity', 100],
  ['plain', 'identity', 100],
  ['xml', 'identity', 100],
  // Compressed batches are small, so more of them fit into the buffers of the sockets.
  ['ndjson', 'gzip', 1000],
])('a slow reader slows down the dump: %s, %s', async (format, coding, most) => {
  const source = new EndlessSource();
  const socket = await ask(await start(source), `/conntrack?format=${format}`, coding);
  const stopped = await settled(() => source.batches);
  // Data in progress: the kernel's socket buffers and one or two chunks. A batch is about 400 kB of NDJSON.
  expect(stopped).toBeLessThan(most);
  socket.resume();
  await until(() => source.batches > stopped + 20, 'the dump continues');
  socket.pause();
  const again = await settled(() => source.batches);
  expect(source.ended).toBe(false);
  expect(again).toBeGreaterThan(stopped);
});

test('a client that disconnects ends the dump', async () => {
  const source = new EndlessSource();
  const socket = await ask(await start(source), '/conntrack?format=ndjson');
  await until(() => source.batches > 0, 'the dump begins');
  socket.destroy();
  await until(() => source.ended && source.aborted, 'the dump ends');
});

test('a client that disconnects ends a count and a page', async () => {
  for (const target of ['/conntrack/count?dport=1', '/conntrack?dport=1', '/conntrack?dport=1&format=csv']) {
    const source = new EndlessSource();
    const socket = await ask(await start(source), target);
    await until(() => source.batches > 0, 'the dump begins');
    socket.destroy();
    await until(() => source.ended, `${target} ends`);
  }
});

test('a client that reads nothing for too long is disconnected', async () => {
  const source = new EndlessSource();
  const server = await start(source, { limits: { stall: 300 } });
  await ask(server, '/conntrack?format=ndjson');
  await until(() => source.ended && source.aborted, 'the dump ends');
});

test('a dump that fails halfway is reported in NDJSON, and closes the connection in text', async () => {
  const log: object[] = [];
  const source = new EndlessSource();
  source.failAfter = 3;
  const server = await start(source, { log: line => log.push(line) });
  const lines = (await (await fetch(`${server.url}/conntrack?format=ndjson`)).text()).trimEnd().split('\n');
  expect(lines).toHaveLength(3001);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({
    type: 'error',
    code: 'source-failed',
    detail: 'the dump broke off',
  });
  source.batches = 0;
  const response = await fetch(`${server.url}/conntrack?format=csv`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect(log).toMatchObject([
    { event: 'error', code: 'source-failed' },
    { event: 'error', code: 'source-failed' },
  ]);
});

test('a dump that fails before its first row is answered with a problem in every format', async () => {
  for (const format of ['json', 'ndjson', 'csv', 'plain', 'xml']) {
    const source = new EndlessSource();
    source.failAfter = 0;
    const response = await fetch(`${(await start(source)).url}/conntrack?format=${format}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
  }
});

test('a server that stops gives streams their grace period, and then cuts them off', async () => {
  const source = new EndlessSource();
  const server = await start(source);
  const socket = await ask(server, '/conntrack?format=ndjson');
  await until(() => source.batches > 0, 'the dump begins');
  const began = performance.now();
  await server.close();
  expect(performance.now() - began).toBeGreaterThan(90);
  await until(() => source.ended, 'the dump ends');
  socket.resume();
  await once(socket, 'close');
});

test('a short list ends by itself on a connection that stays open', async () => {
  const server = await start(new MemorySource(sample()));
  for (const format of ['json', 'ndjson', 'csv', 'plain', 'save']) {
    const response = await fetch(`${server.url}/conntrack?format=${format}`);
    expect((await response.text()).length).toBeGreaterThan(500);
  }
});
