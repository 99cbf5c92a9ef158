import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { ConntrackClient } from '@conntrack/client';
import { nodeFetch } from '@conntrack/client/node';
import { expect, test } from 'vitest';
import { hashToken, SCOPES, type ServeOptions, serve, type TlsOptions } from '../../src/index.js';
import { alternativeNames } from '../../src/server/tls.js';
import { tableOf } from '../support.js';
import { authority, party } from './certificates.js';

const start = (tls: TlsOptions, options: Partial<ServeOptions> = {}) =>
  serve({ table: tableOf(), listen: { address: '127.0.0.1:0', tls }, grace: 100, ...options });

type Party = Parameters<typeof party>[0];
const clientOf = (url: string, name?: Party, token?: string): ConntrackClient =>
  new ConntrackClient({
    url,
    fetch: nodeFetch({ ca: authority, ...(name && party(name)) }),
    ...(token && { token }),
  });

const outcome = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    value => value,
    error => error.code,
  );

/** The common name that a server shows to a new connection. */
const shown = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', ca: authority }, () => {
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(String(CN));
    }).on('error', reject);
  });

test('a server speaks TLS, and tokens work', async () => {
  await using server = await start(party('server'), { adminToken: 'secret-of-the-test' });
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(await clientOf(server.url, undefined, 'secret-of-the-test').count()).toBe(12);
  expect(await outcome(clientOf(server.url).count())).toBe('unauthenticated');
  // A client that does not know the CA does not trust the server.
  await expect(new ConntrackClient({ url: server.url }).count()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
});

test('the index has example commands for TLS', async () => {
  await using server = await start(party('server'));
  const response = await nodeFetch({ ca: authority })(`${server.url}/`);
  expect(await response.text()).toContain(`curl '${server.url}/conntrack?proto=tcp`);
});

const clients: TlsOptions['clients'] = [
  { name: 'controller', san: 'URI:spiffe://example/controller', scopes: SCOPES },
  { name: 'reader', fingerprint: new X509Certificate(party('reader').cert).fingerprint256, scopes: ['flows:read'] },
];

test("a client certificate identifies its holder, with the holder's scopes", async () => {
  const lines: Record<string, unknown>[] = [];
  await using server = await start(
    { ...party('server'), clientCa: authority, clients },
    {
      log: line => lines.push(line as Record<string, unknown>),
    },
  );
  expect(server).not.toHaveProperty('adminToken');
  expect(await clientOf(server.url, 'controller').deleteMany('proto=udp')).toMatchObject({ deleted: 1 });
  expect(lines.find(({ event }) => event === 'audit')).toMatchObject({ principal: 'controller' });
  expect(await clientOf(server.url, 'reader').count()).toBe(11);
  expect(await outcome(clientOf(server.url, 'reader').deleteMany('proto=tcp'))).toBe('scope-missing');
  // Signed by the CA, but without a holder: the handshake succeeds, and nothing else is allowed.
  expect(await outcome(clientOf(server.url, 'nobody').count())).toBe('unauthenticated');
  // The same names signed by another CA, and no certificate at all.
  expect(await outcome(clientOf(server.url, 'stranger').count())).toBe('CONNECTION_FAILED');
  expect(await outcome(clientOf(server.url).count())).toBe('CONNECTION_FAILED');
});

test("with optional certificates, a token also works, and a stranger's certificate is ignored", async () => {
  await using server = await start(
    { ...party('server'), clientCa: authority, clientAuth: 'optional', clients },
    { tokens: [{ name: 'token', sha256: hashToken('secret'), scopes: ['flows:read'] }] },
  );
  expect(await clientOf(server.url, undefined, 'secret').count()).toBe(12);
  expect(await clientOf(server.url, 'reader').count()).toBe(12);
  expect(await outcome(clientOf(server.url, 'stranger').count())).toBe('unauthenticated');
  expect(await outcome(clientOf(server.url).count())).toBe('unauthenticated');
  // A wrong token does not fall back to the certificate.
  expect(await outcome(clientOf(server.url, 'reader', 'wrong').count())).toBe('unauthenticated');
});

test('the holder of a certificate can be limited by a filter, like a token', async () => {
  const filter = { kind: 'test', field: 'proto', op: 'eq', values: [{ type: 'number', value: 17 }] } as const;
  await using server = await start({
    ...party('server'),
    clientCa: authority,
    clients: [{ name: 'tenant', commonName: 'reader', scopes: SCOPES, filter }],
  });
  expect(await clientOf(server.url, 'reader').count()).toBe(1);
});

test('certificate and clients can be replaced while connections continue', async () => {
  await using server = await start({ ...party('server'), clientCa: authority, clientAuth: 'optional', clients });
  const reader = clientOf(server.url, 'reader');
  const list = reader.list();
  await list.next();
  expect(await shown(server.url)).toBe('server');
  const without = {
    ...party('renewed'),
    clientCa: authority,
    clientAuth: 'optional',
    clients: clients.slice(0, 1),
  } as const;
  server.renew({ tls: [without] });
  expect(await shown(server.url)).toBe('renewed');
  let rest = 0;
  while (!(await list.next()).done) rest++;
  expect(rest).toBe(11);
  expect(await outcome(reader.count())).toBe('unauthenticated');
  // A key that does not match changes nothing.
  expect(() => server.renew({ tls: [{ ...without, key: party('reader').key }], tokens: [] })).toThrow(
    /certificate and key/,
  );
  expect(await shown(server.url)).toBe('renewed');
});

test.each([
  ['no certificate', { cert: 'nothing', key: party('server').key }],
  ['a key of another certificate', { cert: party('server').cert, key: party('reader').key }],
  ['clients without an authority', { ...party('server'), clients }],
])('%s is rejected before anything listens', async (_, tls) => {
  await expect(start(tls)).rejects.toMatchObject({ code: 'LISTEN_TLS', message: expect.not.stringContaining('\n') });
});

test('a name with commas is not split into two', () => {
  expect(alternativeNames('DNS:a.example, URI:"spiffe://x/a, DNS:admin", IP Address:127.0.0.1')).toEqual([
    'DNS:a.example',
    'URI:spiffe://x/a, DNS:admin',
    'IP Address:127.0.0.1',
  ]);
});
