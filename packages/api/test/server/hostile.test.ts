import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, expect, test } from 'vitest';
import { type RunningServer, type ServeOptions, serve } from '../../src/index.js';
import { EndlessSource } from '../endless.js';
import { sample } from '../flows.js';
import { TOKEN } from '../support.js';

const MIB = 1024 * 1024;
const servers: RunningServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map(server => server.close()));
});

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const table = new ConntrackTable(new MemorySource(sample()));
  const server = await serve({
    table,
    listen: '127.0.0.1:0',
    adminToken: TOKEN,
    anonymous: 'read',
    grace: 100,
    ...options,
  });
  servers.push(server);
  return server;
}

interface Client {
  readonly socket: Socket;
  text: string;
  closed: boolean;
}

async function dial({ url }: RunningServer): Promise<Client> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  const client: Client = { socket, text: '', closed: false };
  socket.on('data', chunk => {
    client.text += chunk;
  });
  socket.on('close', () => {
    client.closed = true;
  });
  await once(socket, 'connect');
  return client;
}

const alive = async ({ url }: RunningServer): Promise<void> => {
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/conntrack/count`)).status).toBe(200);
};
const metric = async ({ url }: RunningServer, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())![1]);

const until = (condition: () => boolean | Promise<boolean>, what: string): Promise<unknown> =>
  expect.poll(condition, { message: what }).toBe(true);

const POST = `POST /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\n`;

const UNFINISHED = 'GET /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nX-';

test('headers that never end (slowloris) do not block other requests', async () => {
  const server = await start();
  const clients = await Promise.all(Array.from({ length: 200 }, () => dial(server)));
  for (const { socket } of clients) socket.write(UNFINISHED);
  await alive(server);
  expect(clients.filter(({ closed }) => closed)).toEqual([]);
});

test('headers that never end (slowloris) are cut off', async () => {
  const server = await start({ connections: { headers: 300, request: 600 } });
  const clients = await Promise.all(Array.from({ length: 200 }, () => dial(server)));
  for (const { socket } of clients) socket.write(UNFINISHED);
  const drip = setInterval(() => {
    for (const { socket, closed } of clients) if (!closed) socket.write('a');
  }, 50);
  try {
    await until(() => clients.every(({ closed }) => closed), 'all are cut');
  } finally {
    clearInterval(drip);
  }
  expect(clients[0]!.text).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
  await alive(server);
});

test('a body that never ends is cut off, and changes nothing', async () => {
  const server = await start({ connections: { headers: 300, request: 600 } });
  const client = await dial(server);
  client.socket.write(`${POST}Content-Length: 500\r\n\r\n{"protocol":`);
  await until(() => client.closed, 'it is cut');
  await alive(server);
  expect((await (await fetch(`${server.url}/conntrack/count`)).json()) as object).toMatchObject({ count: 12 });
});

test.each([
  ['announced', `${POST}Content-Length: 10737418240\r\n\r\n`],
  ['in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n`],
])('a huge body, %s, is rejected before it has arrived', async (kind, head) => {
  const server = await start();
  const client = await dial(server);
  const before = process.memoryUsage().rss;
  client.socket.write(head);
  const block = 'x'.repeat(64 * 1024);
  let sent = 0;
  while (!client.closed && sent < 64 * MIB) {
    client.socket.write(kind === 'announced' ? block : `10000\r\n${block}\r\n`);
    sent += block.length;
    // The kernel buffers some bytes; the server reads no more than its limit.
    await delay(client.socket.writableLength > MIB ? 10 : 0);
    if (client.text !== '' && client.socket.writableLength > MIB) break;
  }
  await until(() => client.text !== '', 'it is answered');
  expect(client.text).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"body-too-large"/);
  await until(() => client.closed, 'it is cut');
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  await alive(server);
});

/** Clients that request an endless list and read nothing. */
async function stalled(server: RunningServer, count: number): Promise<void> {
  for (const { socket } of await Promise.all(Array.from({ length: count }, () => dial(server)))) {
    socket.pause();
    socket.write('GET /conntrack?format=ndjson HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  }
}

test('clients that read nothing occupy the slots for dumps, and further dumps are rejected', async () => {
  const table = new ConntrackTable(new EndlessSource());
  const server = await start({ table, limits: { stall: 3_600_000, dumpsPerPrincipal: 6, dumpWait: 0 } });
  await stalled(server, 6);
  await until(async () => (await metric(server, 'conntrack_dumps_running')) === 6, 'all six run');
  expect((await fetch(`${server.url}/conntrack?format=csv`)).status).toBe(429);
});

test('clients that read nothing are disconnected after a while, and free their slots', async () => {
  const source = new EndlessSource();
  const server = await start({ table: new ConntrackTable(source), limits: { stall: 300, dumpsPerPrincipal: 6 } });
  await stalled(server, 6);
  await until(() => source.begun === 6 && source.running === 0, 'all six began and are cut');
  await until(async () => (await metric(server, 'conntrack_dumps_running')) === 0, 'all are given back');
});

test('a client that closes its side, or vanishes, leaves nothing behind', async () => {
  const table = new ConntrackTable(new EndlessSource());
  const server = await start({ table });
  for (const target of ['/conntrack?format=csv', '/conntrack/events?initial=true'])
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = await dial(server);
      client.socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      await until(() => client.text !== '', 'it begins');
      client.socket[leave]();
      // A client that closed only its side can still read. Now it closes completely.
      if (leave === 'end') client.socket.destroy();
    }
  await until(
    async () =>
      (await metric(server, 'conntrack_dumps_running')) === 0 &&
      (await metric(server, 'conntrack_event_subscribers')) === 0,
    'nothing runs',
  );
});

test.each([
  'GET /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  'GET /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
  'POST /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n',
  'GET /conntrack\r\n\r\n',
  'GET http://[ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
  'GET /conntrack HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n',
])('bytes that are not one valid request are rejected: %j', async bytes => {
  const server = await start();
  const client = await dial(server);
  client.socket.end(bytes);
  await until(() => client.closed, 'the connection is closed');
  if (client.text !== '') expect(client.text).toMatch(/^HTTP\/1\.1 4\d\d /);
  await alive(server);
});
