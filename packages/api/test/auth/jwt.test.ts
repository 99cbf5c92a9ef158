import { execFile } from 'node:child_process';
import { createHmac, createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashToken, type JwtOptions, jwtVerifier } from '../../src/index.js';
import { problem, type TestApp, TOKEN, testApp } from '../support.js';

const ISSUER = 'https://idp.example';
let keys: JWK[] = [];
let privateKey: CryptoKey;
let other: CryptoKey;
let publicJwk: JWK;
let url = '';
let fetched = 0;

/** The URL of the issuer's keys. */
const issuer = createServer((_, response) => {
  fetched++;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
});

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  keys = [publicJwk];
  other = (await generateKeyPair('RS256')).privateKey;
  await new Promise<void>(resolve => issuer.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
});
afterAll(() => void issuer.close());

const now = (): number => Math.floor(Date.now() / 1000);
const claims = (more: Record<string, unknown> = {}): JWTPayload => ({
  iss: ISSUER,
  aud: 'conntrack',
  sub: 'alice',
  scope: 'openid flows:read',
  exp: now() + 300,
  ...more,
});
const signed = (payload: JWTPayload, key: CryptoKey = privateKey, kid = 'one', alg = 'RS256'): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function appWith(more: Partial<JwtOptions> = {}): Promise<TestApp> {
  const jwt = await jwtVerifier({ issuer: ISSUER, audience: ['conntrack'], jwks: url, ...more });
  return testApp({ auth: { tokens: [{ name: 'static', sha256: hashToken(TOKEN), scopes: ['flows:read'] }], jwt } });
}
const count = async (app: TestApp, token: string): Promise<number> =>
  (await app.json<{ count: number }>('/conntrack/count', { token })).count;

test('a token of the issuer identifies its holder with its scopes, beside tokens of the server', async () => {
  const app = await appWith();
  const token = await signed(claims());
  expect(await count(app, token)).toBe(12);
  expect(await count(app, TOKEN)).toBe(12);
  await problem(await app.request('/conntrack?proto=udp', { method: 'DELETE', token }), 'scope-missing');
  const writer = await signed(claims({ scope: 'flows:delete' }));
  expect((await app.request('/conntrack?proto=udp', { method: 'DELETE', token: writer })).status).toBe(200);
  expect(app.lines.find(({ event }) => event === 'audit')).toMatchObject({ principal: 'jwt:alice' });
});

test("the issuer's keys are fetched once for many tokens", async () => {
  const app = await appWith();
  fetched = 0;
  for (let i = 0; i < 5; i++) await count(app, await signed(claims({ jti: String(i) })));
  expect(fetched).toBe(1);
});

describe('the reason for a rejected token is in the log; neither the reason nor the token is in the response:', () => {
  const cases: [string, () => Promise<string> | string, RegExp][] = [
    ['expired and for another audience', () => signed(claims({ exp: now() - 60, aud: 'elsewhere' })), /"aud" claim/],
    ['expired and forged', () => signed(claims({ exp: now() - 60 }), other), /signature verification failed/],
    ['with a start that is not a time', () => signed({ ...claims(), nbf: 'tomorrow' as never }), /"nbf" claim/],
    ['for another audience', () => signed(claims({ aud: 'elsewhere' })), /"aud" claim/],
    ['for no audience', () => signed(claims({ aud: undefined })), /"aud" claim/],
    ['of another issuer', () => signed(claims({ iss: 'https://evil.example' })), /"iss" claim/],
    ['without an end', () => signed(claims({ exp: undefined })), /"exp" claim/],
    ['without a name', () => signed(claims({ sub: undefined })), /'sub'/],
    ['forged with another key', () => signed(claims(), other), /signature verification failed/],
    ['of a key that the issuer does not have', () => signed(claims(), other, 'two'), /no applicable key/],
    [
      'of a key that the token itself contains',
      async () => {
        const { privateKey: own, publicKey } = await generateKeyPair('RS256', { extractable: true });
        const header = { alg: 'RS256', jwk: await exportJWK(publicKey), jku: url };
        return new SignJWT(claims()).setProtectedHeader(header).sign(own);
      },
      /signature verification failed/,
    ],
    ['unsigned', () => `${part({ alg: 'none' })}.${part(claims())}.`, /none/],
    ['unsigned, with something in its place', () => `${part({ alg: 'none' })}.${part(claims())}.AAAA`, /"alg"/],
    [
      'signed with the public key as a secret',
      () => {
        const text = `${part({ alg: 'HS256', kid: 'one' })}.${part(claims())}`;
        const pem = createPublicKey({ key: publicJwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
        return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
      },
      /"alg"/,
    ],
    [
      'changed on the way',
      async () => (await signed(claims())).replace(/\.[^.]+\./, `.${part(claims({ sub: 'root' }))}.`),
      /signature/,
    ],
  ];
  test.each(cases)('%s', async (name, make, reason) => {
    const app = await appWith();
    const token = await make();
    const response = await app.request('/conntrack', { token });
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await problem(response, 'unauthenticated')).detail).toBe('unknown token');
    const line = app.lines.find(({ event }) => event === 'refused');
    // Without a signature it does not look like a JWT.
    if (name !== 'unsigned') expect(line).toMatchObject({ reason: expect.stringMatching(reason) });
    expect(JSON.stringify(app.lines)).not.toContain(token);
  });
});

test.each([
  ['has expired', { exp: now() - 60 }, 'the token has expired. Get a new one from its issuer', /"exp" claim/],
  [
    'is not valid yet',
    { nbf: now() + 60 },
    'the token is not valid yet. Compare the clocks of its issuer and of this server',
    /"nbf" claim/,
  ],
])('the error for a genuine token that %s says so', async (_, more, detail, reason) => {
  const app = await appWith();
  const response = await app.request('/conntrack', { token: await signed(claims(more)) });
  expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect((await problem(response, 'unauthenticated')).detail).toBe(detail);
  expect(app.lines).toMatchObject([{ event: 'refused', reason: expect.stringMatching(reason) }]);
});

test('clocks may differ by the configured tolerance, but not more', async () => {
  const app = await appWith({ clockTolerance: 30 });
  expect(await count(app, await signed(claims({ exp: now() - 20 })))).toBe(12);
  await problem(
    await app.request('/conntrack', { token: await signed(claims({ exp: now() - 40 })) }),
    'unauthenticated',
  );
});

test('a cached token is rejected after its expiry', async () => {
  let time = Date.now();
  const jwt = await jwtVerifier({ issuer: ISSUER, audience: ['conntrack'], jwks: url }, () => time);
  const token = await signed(claims());
  expect(await jwt(token)).toMatchObject({ name: 'jwt:alice' });
  expect(jwt(token)).not.toBeInstanceOf(Promise);
  time += 306_000;
  await expect(jwt(token)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test("an algorithm that is not configured is rejected, even with the issuer's key", async () => {
  const app = await appWith({ algorithms: ['ES256'] });
  await problem(await app.request('/conntrack', { token: await signed(claims()) }), 'unauthenticated');
});

describe('claims', () => {
  test('role claims grant the configured scopes, at any nesting depth', async () => {
    const scopes = { noc: ['flows:read', 'flows:delete'] } as const;
    const app = await appWith({ claims: { name: 'preferred_username', scopes: 'realm_access.roles' }, scopes });
    const token = (roles: unknown): Promise<string> =>
      signed(claims({ preferred_username: 'bob', realm_access: { roles } }));
    expect(await count(app, await token(['noc', 'unknown']))).toBe(12);
    for (const roles of [['flows:read'], ['__proto__'], ['constructor'], 'other', 7, [['noc']], undefined])
      await problem(await app.request('/conntrack', { token: await token(roles) }), 'scope-missing');
  });

  test('claims with a filter and with namespaces limit their holder; a token without them is rejected', async () => {
    const app = await appWith({ claims: { filter: 'https://example/filter', netns: 'netns' } });
    const token = (filter: unknown, netns: unknown): Promise<string> =>
      signed(claims({ 'https://example/filter': filter, netns }));
    expect(await count(app, await token('proto=udp', ['.']))).toBe(1);
    await problem(await app.request('/conntrack', { token: await token('proto=udp', ['blue']) }), 'scope-missing');
    for (const [filter, netns] of [
      [undefined, ['.']],
      ['proto=udp', undefined],
      ['', ['.']],
      ['dprot=1', ['.']],
      ['or()', ['.']],
      [7, ['.']],
      ['proto=udp', 7],
    ])
      await problem(await app.request('/conntrack', { token: await token(filter, netns) }), 'unauthenticated');
  });

  test("a claim's filter and namespaces only narrow the limit for all holders", async () => {
    const filter = { kind: 'test', field: 'proto', op: 'eq', values: [{ type: 'number', value: 6 }] } as const;
    const app = await appWith({ filter, netns: ['.'], claims: { filter: 'filter' } });
    expect(await count(app, await signed(claims({ filter: 'proto=udp' })))).toBe(0);
  });
});

test('keys from a key set can be replaced, and tokens of a removed key are rejected at once', async () => {
  const jwt = await jwtVerifier({ issuer: ISSUER, audience: ['conntrack'], jwks: { keys } });
  const token = await signed(claims());
  expect(await jwt(token)).toMatchObject({ name: 'jwt:alice' });
  const pair = await generateKeyPair('ES256');
  jwt.renew({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'new' }] });
  await expect(jwt(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await jwt(await signed(claims(), pair.privateKey, 'new', 'ES256'))).toMatchObject({ name: 'jwt:alice' });
});

test('if the issuer is not reachable, the response is 503, and the address is not counted as rejected', async () => {
  const app = await appWith({ jwks: 'http://127.0.0.1:1/nobody-listens' });
  const answer = await app.request('/conntrack', { token: await signed(claims()) });
  expect(answer.headers.get('retry-after')).toBe('5');
  await problem(answer, 'keys-unavailable');
  expect(app.lines).toMatchObject([{ event: 'error', code: 'keys-unavailable', reason: expect.any(String) }]);
});

test.each<[string, Partial<JwtOptions>]>([
  ['the algorithm none', { algorithms: ['none' as never] }],
  ['the algorithm HS256', { algorithms: ['HS256' as never] }],
  ['a key set over http', { jwks: 'http://idp.example/keys' }],
  ['an empty list of audiences', { audience: [] }],
  ['an empty issuer', { issuer: '' }],
  ['a key set without keys', { jwks: { key: [] } as never }],
])('%s is rejected as an option', async (_, more) => {
  await expect(appWith(more)).rejects.toThrow(TypeError);
});

test('without jose, the error says what to install', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-jwt-'));
  try {
    const outfile = join(folder, 'jwt.mjs');
    // A copy outside of every node_modules: jose cannot be found from there.
    await build({
      entryPoints: [fileURLToPath(new URL('../../src/auth/jwt.ts', import.meta.url))],
      ...{ outfile, bundle: true, format: 'esm', platform: 'node', external: ['jose'] },
      conditions: ['@conntrack/source'],
      logLevel: 'silent',
    });
    const program = `
      const { jwtVerifier } = await import(${JSON.stringify(pathToFileURL(outfile).href)});
      await jwtVerifier({ issuer: 'x', audience: ['x'], jwks: { keys: [] } }).catch(error => console.log(String(error)));
    `;
    // In a separate process, because the test runner finds jose for everything that it imports.
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: folder,
    });
    expect(stdout).toMatch(/^TypeError: jwt needs the package 'jose', which is not installed.*npm install jose@6\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
