import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hashToken, ListenError, type ListenErrorCode, type ServeOptions, serve } from '../../src/index.js';
import { listenErrorOf } from '../../src/server/listen-error.js';
import { problem, tableOf } from '../support.js';

const folder = mkdtempSync(join(tmpdir(), 'conntrack-api-'));
afterAll(() => rmSync(folder, { recursive: true }));

const start = (options: Partial<ServeOptions> = {}) => serve({ table: tableOf(), listen: '127.0.0.1:0', ...options });

async function refused(options: Partial<ServeOptions>, code: ListenErrorCode): Promise<ListenError> {
  const error = await start(options).then(
    server => server.close().then(() => undefined),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ListenError);
  expect(error).toMatchObject({ code, listen: options.listen });
  expect((error as Error).message).not.toContain('\n');
  return error as ListenError;
}

const overSocket = async (path: string, target: string, method = 'GET'): Promise<number> => {
  const asked = request({ socketPath: path, path: target, method });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
};

test('an admin token is generated for the run, and has all scopes', async () => {
  await using server = await start();
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(server.urls).toEqual([server.url]);
  expect(server.adminToken).toMatch(/^ct_[\w-]{43}$/);
  await problem(await fetch(`${server.url}/conntrack`), 'unauthenticated');
  const headers = { authorization: `Bearer ${server.adminToken}` };
  expect((await fetch(`${server.url}/conntrack`, { headers })).status).toBe(200);
  expect((await fetch(`${server.url}/conntrack?proto=udp`, { method: 'DELETE', headers })).status).toBe(200);
});

test('with configured tokens no admin token is generated, and only hashes are stored', async () => {
  const tokens = [{ name: 'reader', sha256: hashToken('secret'), scopes: ['flows:read'] as const }];
  await using server = await start({ tokens });
  expect(server).not.toHaveProperty('adminToken');
  const headers = { authorization: 'Bearer secret' };
  expect((await fetch(`${server.url}/conntrack/count`, { headers })).status).toBe(200);
  await problem(await fetch(`${server.url}/capabilities`, { headers }), 'scope-missing');
});

test('a request that arrives by other means needs a token, whatever the listeners allow without one', async () => {
  await using server = await start({ anonymous: 'read', adminToken: 'given-by-the-test' });
  const ask = (headers: Record<string, string>): Promise<Response> =>
    server.fetch(new Request('http://node.example/conntrack/count', { headers }));
  await problem(await ask({}), 'unauthenticated');
  expect((await ask({ authorization: 'Bearer given-by-the-test' })).status).toBe(200);
});

test('anonymous reading can be enabled on loopback', async () => {
  await using server = await start({ anonymous: 'read', adminToken: 'given-by-the-test' });
  expect(server.adminToken).toBe('given-by-the-test');
  expect((await fetch(`${server.url}/conntrack?bytes>=1k&proto=tcp`)).status).toBe(200);
  await problem(await fetch(`${server.url}/conntrack?proto=tcp`, { method: 'DELETE' }), 'unauthenticated');
});

test('a body that is too large is rejected while it arrives, and the connection stays usable', async () => {
  await using server = await start({ adminToken: 'a-token-of-the-test' });
  const headers = { authorization: 'Bearer a-token-of-the-test', 'content-type': 'application/json' };
  const send = (body: NonNullable<RequestInit['body']>, more: object = {}) =>
    fetch(`${server.url}/conntrack`, { method: 'POST', headers, body, ...more });
  await problem(await send('x'.repeat(2 * 1024 * 1024)), 'body-too-large');
  const parts = async function* () {
    for (let i = 0; i < 40; i++) yield new Uint8Array(64 * 1024);
  };
  await problem(await send(parts() as unknown as ReadableStream, { duplex: 'half' }), 'body-too-large');
  await problem(await send(new Uint8Array([0x22, 0xff, 0x22])), 'json-malformed');
  await problem(
    await fetch(`${server.url}/conntrack?proto=tcp`, { method: 'DELETE', headers, body: '{}' }),
    'body-unexpected',
  );
});

test('a server listens on IPv6, and on all addresses', async () => {
  await using six = await start({ listen: '[::1]:0' });
  expect(six.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(`${six.url}/livez`)).status).toBe(200);
  await using all = await start({ listen: '0.0.0.0:0' });
  expect(all.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect((await fetch(`${all.urls.at(-1)}/livez`)).status).toBe(200);
  await using named = await start({ listen: 'localhost:0', anonymous: 'read' });
  expect((await fetch(`${named.url}/conntrack/count`)).status).toBe(200);
});

test('a unix socket is private to its user, and needs no token', async () => {
  const path = join(folder, 'api.sock');
  const server = await start({ listen: `unix:${path}` });
  expect(server.url).toBe(`unix:${path}`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await overSocket(path, '/conntrack')).toBe(200);
  expect(await overSocket(path, '/conntrack?proto=udp', 'DELETE')).toBe(200);
  await refused({ listen: `unix:${path}` }, 'LISTEN_IN_USE');
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test('the socket file of an ended server is replaced, and any other file is not', async () => {
  const path = join(folder, 'stale.sock');
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program]);
  expect(statSync(path).isSocket()).toBe(true);
  const server = await start({ listen: `unix:${path}` });
  expect(await overSocket(path, '/livez')).toBe(200);
  await server.close();
  const file = join(folder, 'file');
  writeFileSync(file, 'kept');
  await refused({ listen: `unix:${file}` }, 'LISTEN_IN_USE');
  expect(statSync(file).size).toBe(4);
});

test('a port in use is an error with a fix', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const { message } = await refused({ listen: `127.0.0.1:${port}` }, 'LISTEN_IN_USE');
  expect(message).toContain('ss -ltnp');
  other.close();
});

test.each<[string, ListenErrorCode]>([
  ['192.0.2.1:4680', 'LISTEN_NOT_LOCAL'],
  ['no-such-host.invalid:4680', 'LISTEN_NOT_LOCAL'],
  ['unix:/nowhere/at/all.sock', 'LISTEN_INVALID'],
  [`unix:/tmp/${'x'.repeat(120)}`, 'LISTEN_INVALID'],
  ['unix:relative.sock', 'LISTEN_INVALID'],
  ['127.0.0.1', 'LISTEN_INVALID'],
  ['4680', 'LISTEN_INVALID'],
  [':4680', 'LISTEN_INVALID'],
  ['::1:4680', 'LISTEN_INVALID'],
  ['[127.0.0.1]:4680', 'LISTEN_INVALID'],
  ['127.0.0.1:65536', 'LISTEN_INVALID'],
  ['127.0.0.1:x', 'LISTEN_INVALID'],
  ['', 'LISTEN_INVALID'],
])('listening on %s fails: %s', async (listen, code) => {
  await refused({ listen }, code);
});

test('a privileged port and an unexpected error are reported', () => {
  expect(listenErrorOf('127.0.0.1:80', { code: 'EACCES' })).toMatchObject({ code: 'LISTEN_NOT_PERMITTED' });
  expect(listenErrorOf('127.0.0.1:80', new Error('odd'))).toMatchObject({
    code: 'LISTEN_FAILED',
    message: 'cannot listen on 127.0.0.1:80: odd',
  });
});

test.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:4680'])(
  'anonymous reading is rejected on an address for other hosts: %s',
  async listen => {
    await refused({ listen, anonymous: 'read' }, 'LISTEN_ANONYMOUS');
  },
);

test('a signal stops the server, and closing twice is allowed', async () => {
  const controller = new AbortController();
  const server = await start({ signal: controller.signal });
  controller.abort();
  await server.close();
  await server.close();
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  await expect(start({ signal: AbortSignal.abort() })).rejects.toThrow();
});

test('an idle keep-alive connection does not delay the end of the server', async () => {
  // With a delay, the server would end after its grace period, long after the test's timeout.
  const server = await start({ grace: 3_600_000 });
  await (await fetch(`${server.url}/livez`)).text();
  await server.close();
});
