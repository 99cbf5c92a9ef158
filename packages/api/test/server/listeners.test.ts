import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { afterAll, expect, test } from 'vitest';
import { hashToken, serve } from '../../src/index.js';
import { tableOf } from '../support.js';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-listen-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tokens = [{ name: 'reader', sha256: hashToken('secret'), scopes: ['flows:read'] as const }];
const overSocket = (socketPath: string) =>
  new ConntrackClient({ url: 'http://localhost', fetch: nodeFetch({ socketPath }) });

test('each of several addresses has its own rules', async () => {
  const path = join(folder, 'several.sock');
  await using server = await serve({
    table: tableOf(),
    listen: ['127.0.0.1:0', '[::1]:0', { address: `unix:${path}`, mode: 0o660, scopes: ['flows:read'] }, '0.0.0.0:0'],
    anonymous: 'read',
    tokens,
  });
  const [ipv4, ipv6, unix, any] = server.urls;
  expect(await new ConntrackClient({ url: ipv4! }).count()).toBe(12);
  expect(await new ConntrackClient({ url: ipv6! }).count()).toBe(12);
  expect(unix).toBe(`unix:${path}`);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(await overSocket(path).count()).toBe(12);
  await expect(overSocket(path).deleteMany('proto=tcp')).rejects.toMatchObject({ code: 'scope-missing' });
  // Anonymous reading is for loopback only: other addresses require a token, even for clients on this host.
  await expect(new ConntrackClient({ url: any! }).count()).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await new ConntrackClient({ url: any!, token: 'secret' }).count()).toBe(12);
});

test('if one address fails, none stays open', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const path = join(folder, 'failed.sock');
  await expect(serve({ table: tableOf(), listen: [`unix:${path}`, `127.0.0.1:${port}`] })).rejects.toMatchObject({
    code: 'LISTEN_IN_USE',
  });
  await expect(overSocket(path).count()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  other.close();
});

test('tokens can be replaced while the server runs', async () => {
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0', tokens });
  const old = new ConntrackClient({ url: server.url, token: 'secret' });
  const list = old.list();
  await list.next();
  server.renew({ tokens: [{ name: 'reader', sha256: hashToken('fresh'), scopes: ['flows:read'] }] });
  await expect(old.count()).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await new ConntrackClient({ url: server.url, token: 'fresh' }).count()).toBe(12);
  let rest = 0;
  while (!(await list.next()).done) rest++;
  expect(rest).toBe(11);
  expect(() => server.renew({ tokens: [{ name: 'x', sha256: 'no hash', scopes: [] }] })).toThrow(TypeError);
  expect(await new ConntrackClient({ url: server.url, token: 'fresh' }).count()).toBe(12);
});

/** A program that serves on descriptor 3, which it inherited, until its input ends. */
const HEIR = `
  import { serve } from '@conntrack/api';
  import { ConntrackTable, MemorySource } from '@conntrack/table';
  const server = await serve({ table: new ConntrackTable(new MemorySource()), listen: 'fd:3', anonymous: process.argv[1] });
  console.log(JSON.stringify({ url: server.url }));
  process.stdin.on('end', () => server.close()).resume();
`;

test.each([
  ['127.0.0.1', 'read', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['0.0.0.0', 'none', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['0.0.0.0', 'read', /LISTEN_ANONYMOUS/],
  [`@conntrack-api-${process.pid}`, 'none', /^unix:@conntrack-api-\d+@*$/],
  [join(folder, 'handed.sock'), 'none', /^unix:.*handed\.sock\.parent$/],
] as const)('a server uses an inherited socket: %s, anonymous %s', async (place, anonymous, expected) => {
  const parent = createServer();
  if (place.startsWith('/')) parent.listen(`${place}.parent`);
  else if (place.startsWith('@')) parent.listen(place.replace('@', '\0'));
  else parent.listen(0, place);
  await once(parent, 'listening');
  const program = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@conntrack/source', '--input-type=module', '-e', HEIR, anonymous],
    {
      stdio: ['pipe', 'pipe', 'pipe', (parent as unknown as { _handle: { fd: number } })._handle.fd],
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    },
  );
  // This process closes the socket: it would also accept connections, and remove the path when it closes.
  if (place.startsWith('/')) linkSync(`${place}.parent`, place);
  parent.close();
  let said = '';
  for (const stream of [program.stdout!, program.stderr!]) stream.on('data', chunk => (said += chunk));
  const ended = once(program, 'exit');
  await Promise.race([once(program.stdout!, 'data'), ended]);
  if (said.startsWith('{')) {
    const { url } = JSON.parse(said) as { url: string };
    expect(url).toMatch(expected);
    const client = url.startsWith('unix:') ? overSocket(place.replace('@', '\0')) : new ConntrackClient({ url });
    // A socket without a file has no mode that protects it.
    if (url.startsWith('unix:/') || anonymous === 'read') expect(await client.count()).toBe(0);
    else await expect(client.count()).rejects.toMatchObject({ code: 'unauthenticated' });
  } else expect(said).toMatch(expected);
  program.stdin!.end();
  await ended;
});

test('a descriptor that is not a socket is rejected', async () => {
  for (const listen of ['fd:999', 'fd:0', 'fd:x'])
    await expect(serve({ table: tableOf(), listen })).rejects.toMatchObject({ code: 'LISTEN_INVALID' });
});

/** The response to a raw connection. */
async function told(url: string, ...parts: string[]): Promise<string> {
  const { port } = new URL(url);
  const socket: Socket = connect(Number(port), '127.0.0.1');
  let text = '';
  socket.on('data', chunk => (text += chunk)).on('error', () => {});
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return text;
}

test('a client that sends headers or a body drop by drop is disconnected with a problem', async () => {
  const connections = { headers: 300, request: 600 };
  await using server = await serve({
    table: tableOf(),
    listen: '127.0.0.1:0',
    adminToken: 'a-token-of-the-test',
    connections,
  });
  expect(await told(server.url, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')).toContain('"code":"request-timeout"');
  const post =
    'POST /conntrack/flush HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer a-token-of-the-test\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
  expect(await told(server.url, post)).toContain('"code":"request-timeout"');
});

test('headers that never end are rejected with a problem', async () => {
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0' });
  expect(await told(server.url, `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(40_000)}`)).toContain(
    '"code":"headers-too-large"',
  );
});

test('an idle connection is closed after a while, and the number of connections is limited', async () => {
  const connections = { keepAlive: 200, headers: 400, connections: 1 };
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0', connections });
  const first = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
  await once(first, 'connect');
  expect(await told(server.url, 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')).toBe('');
  first.resume();
  await once(first, 'close');
  expect(await (await fetch(`${server.url}/livez`)).text()).toContain('live');
});
