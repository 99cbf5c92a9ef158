import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { afterEach, expect, test } from 'vitest';
import { hashToken, type RunningServer, SCOPES, type ServeOptions, serve } from '../../src/index.js';
import { body, TOKEN, testApp } from '../support.js';

const OTHER = 'another-token-of-sixteen-or-more';
const servers: RunningServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map(server => server.close()));
});

async function start(options: Partial<ServeOptions>): Promise<RunningServer> {
  const server = await serve({
    table: new ConntrackTable(new MemorySource()),
    listen: '127.0.0.1:0',
    adminToken: TOKEN,
    tokens: [{ name: 'other', sha256: hashToken(OTHER), scopes: SCOPES }],
    grace: 100,
    ...options,
  });
  servers.push(server);
  return server;
}

interface Client {
  readonly socket: Socket;
  text: string;
  /** Status and body of the complete response. */
  answer(): Promise<{ status: number; json: Record<string, unknown> }>;
}

async function send({ url }: RunningServer, path: string, headers: string, first = ''): Promise<Client> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  const client: Client = {
    socket,
    text: '',
    async answer() {
      await expect.poll(() => client.text).toMatch(/\r\n\r\n.*\}\n/s);
      return {
        status: Number(client.text.split(' ')[1]),
        json: JSON.parse(client.text.slice(client.text.indexOf('\r\n\r\n'))),
      };
    },
  };
  socket.on('data', chunk => {
    client.text += chunk;
  });
  await once(socket, 'connect');
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n${headers}\r\n\r\n${first}`,
  );
  return client;
}

const LARGE = 'Content-Type: application/json\r\nContent-Length: 500000';

test('large bodies that stall do not block other callers', async () => {
  const server = await start({});
  const stalled = await Promise.all(
    Array.from({ length: 8 }, () => send(server, '/conntrack/search', LARGE, ' '.repeat(100_000))),
  );
  const filter = `src in {${Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join()}}`;
  const response = await fetch(`${server.url}/conntrack/search`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OTHER}`, 'content-type': 'application/json' },
    body: JSON.stringify({ filter }),
  });
  expect(response.status).toBe(200);
  // None of the stalled bodies has timed out, so the other caller did not wait for that.
  expect(stalled.map(({ text }) => text)).toEqual(stalled.map(() => ''));
});

test('a large body that stalls is answered with 408', async () => {
  const server = await start({ connections: { headers: 500, request: 500 } });
  const stalled = await Promise.all(
    Array.from({ length: 8 }, () => send(server, '/conntrack/search', LARGE, ' '.repeat(100_000))),
  );
  for (const client of stalled) {
    const { status, json } = await client.answer();
    expect(status).toBe(408);
    expect(json).toMatchObject({ code: 'request-timeout' });
  }
});

test('a body without a length counts as large when it has grown large', async () => {
  const server = await start({ connections: { headers: 500, request: 500 } });
  const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n1\r\n \r\n`;
  const headers = 'Content-Type: application/json\r\nTransfer-Encoding: chunked';
  const stalled = await Promise.all(Array.from({ length: 3 }, () => send(server, '/conntrack/search', headers, chunk)));
  for (const client of stalled) expect(await client.answer()).toMatchObject({ status: 408 });
});

test('a connection serves its next request when the server was too busy to read the rest of a rejected body', async () => {
  const server = await start({});
  const length = 2_000_000;
  const headers = `Content-Type: application/json\r\nContent-Length: ${length}`;
  const client = await send(server, '/conntrack/search', headers, ' '.repeat(length - 1));
  expect(await client.answer()).toMatchObject({ status: 413 });
  client.text = '';
  client.socket.write(` GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  // Server and client are one process: for this time, neither does anything.
  for (const from = performance.now(); performance.now() - from < 2500; );
  await expect.poll(() => client.text, { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 200 /);
});

const UPLOAD = 'Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked';
const line = (sport: number): string => {
  const text = `${JSON.stringify({
    family: 'ipv4',
    protonum: 17,
    original: { src: '192.0.2.1', dst: '192.0.2.2', sport, dport: 53 },
    reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 53, dport: sport },
    timeout: 60,
  })}\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
};

test('the body of a restore may exceed the request time while it arrives at the minimum rate', async () => {
  const server = await start({ connections: { headers: 500, request: 500 }, limits: { restoreRate: 100 } });
  const client = await send(server, '/conntrack/restore', UPLOAD);
  // The request time of the upload has passed when that of a later request has.
  const later = await send(server, '/conntrack/search', LARGE);
  let sent = 0;
  for (; later.text === ''; await new Promise(resolve => setTimeout(resolve, 50))) client.socket.write(line(++sent));
  expect(await later.answer()).toMatchObject({ status: 408 });
  client.socket.write('0\r\n\r\n');
  expect(await client.answer()).toMatchObject({ status: 200, json: { created: sent } });
});

test('a restore whose body stalls is answered with 408, with what was created before', async () => {
  const server = await start({ connections: { headers: 500, request: 500 }, limits: { restoreRate: 1_000_000 } });
  const client = await send(server, '/conntrack/restore', UPLOAD, line(1) + line(2));
  const { status, json } = await client.answer();
  expect(status).toBe(408);
  expect(json).toMatchObject({ code: 'request-timeout', detail: expect.stringMatching(/too slowly/) });
  const count = await fetch(`${server.url}/conntrack/count`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const { created = 0 } = (json.result ?? {}) as { created?: number };
  expect(await count.json()).toMatchObject({ count: created });
});

test('the body of a restore must end within its own time, however fast it arrives', async () => {
  const server = await start({ limits: { restoreRate: 1, restoreTime: 400 } });
  const client = await send(server, '/conntrack/restore', UPLOAD, line(1));
  const { status, json } = await client.answer();
  expect(status).toBe(408);
  expect(json.detail).toMatch(/within 0\.4 s/);
});

test('the filters of one change share the maximum length of one filter', async () => {
  const filter = `src in {${Array.from({ length: 4000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join()}}`;
  const plan = (count: number): Promise<Response> =>
    testApp().request(
      '/conntrack/plans',
      body({ change: 'delete', filters: Array.from({ length: count }, (_, i) => `sport == ${i} and ${filter}`) }),
    );
  expect((await plan(3)).status).toBe(201);
  const refused = await plan(8);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ code: 'filter-invalid', errors: [{ code: 'too-long' }] });
});
