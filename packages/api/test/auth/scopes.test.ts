import { describe, expect, test } from 'vitest';
import { type AppOptions, READ_SCOPES, SCOPES, type TableOfNetns } from '../../src/index.js';
import type { Operation } from '../../src/operations/operation.js';
import { problem, TOKEN, tableOf, testApp, withScopes } from '../support.js';
import { pathOf, ROUTES, requestFor } from './routes.js';

const netns: TableOfNetns = name => (name === 'blue' ? tableOf() : undefined);
const routes = ROUTES.map(operation => [operation.id, operation] as const);

const call = (operation: Operation, app: ReturnType<typeof testApp>, token?: string | null) =>
  app.request(pathOf(operation), {
    method: operation.method.toUpperCase(),
    ...(token !== undefined && { token }),
  });

const apps = new Map<string, ReturnType<typeof testApp>>();
/** One application for many requests that change nothing. */
function appWith(name: string, options: Partial<AppOptions>): ReturnType<typeof testApp> {
  const app = apps.get(name) ?? testApp({ netns, ...options });
  apps.set(name, app);
  return app;
}

const refused = (status: number): boolean => status === 401 || status === 403;

describe('scope × route', () => {
  const cases = ROUTES.flatMap(operation => SCOPES.map(scope => [operation.id, scope, operation] as const));
  test.each(cases)('%s with only the scope %s', async (_, scope, operation) => {
    const response = await call(operation, appWith(scope, { auth: withScopes([scope]) }));
    const wanted = [operation.access].flat();
    const open = wanted.some(access => access === 'public' || access === 'any' || access === scope);
    const missing = open ? operation.also?.find(also => also !== scope) : wanted[0];
    expect(refused(response.status)).toBe(missing !== undefined);
    if (missing !== undefined) expect(await problem(response, 'scope-missing')).toMatchObject({ scope: missing });
    else await response.body?.cancel();
  });

  test.each(routes)('%s without a token', async (_, operation) => {
    const response = await call(operation, appWith('closed', {}), null);
    if (operation.access === 'public') expect(response.status).toBe(200);
    else await problem(response, 'unauthenticated');
  });

  test.each(routes)('%s without a token where anonymous reading is enabled', async (_, operation) => {
    const auth = { tokens: [], fallback: { name: 'anonymous', scopes: READ_SCOPES } };
    const response = await call(operation, appWith('open', { auth }), null);
    // The state of a plan is visible only to those who may make its change. The past is personal data.
    const needs = [operation.access].flat();
    const more = needs.includes('flows:delete') || needs.includes('history:read');
    if (operation.mutation || more) await problem(response, 'unauthenticated');
    else expect(refused(response.status)).toBe(false);
    await response.body?.cancel().catch(() => {});
  });

  test.each(routes.filter(([, { mutation }]) => mutation))('%s on a read-only server', async (_, operation) => {
    const { target, init } = requestFor(operation);
    await problem(await appWith('read-only', { readOnly: true }).request(target, init), 'read-only');
  });
});

describe('guards of every route', () => {
  test.each(routes)('%s rejects another host, another origin and a token in the URL', async (_, operation) => {
    const app = testApp({ netns });
    const { target, init } = requestFor(operation);
    const as = (headers: Record<string, string>, query = '') => {
      const url = query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}`;
      return app.request(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
    };
    await problem(await as({ host: 'evil.example' }), 'host-forbidden');
    await problem(await as({ origin: 'http://evil.example' }), 'origin-forbidden');
    await problem(await as({ 'sec-fetch-site': 'cross-site' }), 'origin-forbidden');
    const answer = await problem(await as({}, `access_token=${TOKEN}`), 'token-in-url');
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
    // None of the requests changed anything.
    expect(app.lines).toEqual([]);
  });
});

test('a wrong token does not fall back to anonymous reading', async () => {
  const app = testApp({ auth: { ...withScopes(SCOPES), fallback: { name: 'anonymous', scopes: READ_SCOPES } } });
  for (const authorization of ['Bearer wrong', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, 'Bearer', ''])
    await problem(await app.request('/conntrack', { headers: { authorization } }), 'unauthenticated');
  expect(app.lines).toHaveLength(5);
  expect(JSON.stringify(app.lines)).not.toMatch(/wrong|test-token/);
});

test('an invalid stored hash is rejected when the server starts', () => {
  expect(() => testApp({ auth: { tokens: [{ name: 'x', sha256: 'abc', scopes: [] }] } })).toThrow(TypeError);
});

test.each([
  'localhost',
  'localhost:4680',
  '127.0.0.1:4680',
  '127.1.2.3',
  '[::1]:4680',
  'LOCALHOST',
  'localhost.',
  'conntrack.example',
])('the Host %s is accepted', async host => {
  expect((await testApp().request('/livez', { headers: { host } })).status).toBe(200);
});

test.each([
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  '192.0.2.1',
  '[::2]',
  'localhost@evil',
  'evil#localhost',
  '',
])('the Host %s is rejected', async host => {
  await problem(await testApp().request('/livez', { headers: { host } }), 'host-forbidden');
});

test('an IP address as Host is accepted where the server listens on all addresses', async () => {
  const app = testApp({ hosts: { names: [], anyAddress: true } });
  expect((await app.request('/livez', { headers: { host: '192.0.2.1:80' } })).status).toBe(200);
  await problem(await app.request('/livez', { headers: { host: 'evil.example' } }), 'host-forbidden');
});

describe.each(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'QUERY', 'OPTIONS'])('%s from a browser', method => {
  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { origin: 'nonsense' },
  ])("a browser's request with %o is rejected", async headers => {
    const response = await testApp().request('/conntrack', { method, headers });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each([{ 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }, { 'sec-fetch-site': 'none' }])(
    "a browser's request with %o is accepted",
    async headers => {
      expect((await testApp().request('/conntrack', { method, headers })).status).not.toBe(403);
    },
  );
});

test.each(['access_token', 'token', 'api_key', 'Authorization', 'acc%65ss_token'])(
  'a token in the URL is rejected: %s',
  async name => {
    const app = testApp();
    const answer = await problem(await app.request(`/conntrack?proto=tcp&${name}=${TOKEN}`), 'token-in-url');
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  },
);

test('OPTIONS lists the allowed methods', async () => {
  const response = await testApp().request('/conntrack/flush', { method: 'OPTIONS' });
  expect([response.status, response.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
});

test('every response forbids caching and framing', async () => {
  for (const target of ['/livez', '/conntrack', '/nowhere', '/conntrack?x=1']) {
    const { headers } = await testApp().request(target);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  }
});
