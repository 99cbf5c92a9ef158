import { describe, expect, test } from 'vitest';
import { hashToken, SCOPES, serve } from '../../src/index.js';
import { ConcurrencyLimiter } from '../../src/limits/concurrency.js';
import { RateLimiter } from '../../src/limits/rate.js';
import { tcpFlow } from '../flows.js';
import { body, problem, tableOf, testApp } from '../support.js';

const two = ['one', 'two'].map(name => ({ name, sha256: hashToken(name), scopes: SCOPES }));

/** A list that is so long that it waits for its reader. */
const table = tableOf(Array.from({ length: 5000 }, (_, n) => tcpFlow(n)));

describe('concurrent dumps', () => {
  test('one dump too many of a principal is answered with 429 until one has ended', async () => {
    const app = testApp({ table, auth: { tokens: two }, limits: { dumpsPerPrincipal: 2, dumps: 10, dumpWait: 0 } });
    const as = (token: string) => app.request('/conntrack?format=ndjson', { token });
    const open = [await as('one'), await as('one')];
    const response = await as('one');
    expect(response.headers.get('retry-after')).toBe('1');
    await problem(response, 'too-many-dumps');
    await problem(await app.request('/conntrack?proto=tcp', { token: 'one', method: 'DELETE' }), 'too-many-dumps');
    expect((await as('two')).status).toBe(200);
    // Look-ups are not dumps.
    expect(
      (await app.request('/conntrack/lookup?proto=tcp&src=1.1.1.1&dst=1.1.1.2&sport=1&dport=1', { token: 'one' }))
        .status,
    ).toBe(404);
    await open[0]!.text();
    expect((await as('one')).status).toBe(200);
  });

  test('one dump too many of all callers is answered with 503 until a reader has left', async () => {
    const app = testApp({ table, auth: { tokens: two }, limits: { dumps: 2, dumpWait: 0 } });
    const as = (token: string) => app.request('/conntrack?format=csv', { token });
    const open = [await as('one'), await as('two')];
    const response = await as('one');
    expect(response.headers.get('retry-after')).toBe('1');
    await problem(response, 'server-busy');
    await open[0]!.body!.cancel();
    await expect.poll(async () => (await as('one')).status).toBe(200);
  });

  test('an additional dump waits for its turn, and is answered when another one ends', async () => {
    const app = testApp({ table, auth: { tokens: two }, limits: { dumps: 1, dumpWait: 60_000 } });
    const as = (token: string) => app.request('/conntrack?format=csv', { token });
    const open = await as('one');
    const waiting = as('two');
    // As many dumps wait as may run.
    await problem(await as('one'), 'server-busy');
    await open.text();
    expect((await waiting).status).toBe(200);
  });

  test('a dump that waits too long is rejected', async () => {
    const app = testApp({ table, auth: { tokens: two }, limits: { dumps: 1, dumpWait: 10 } });
    const as = (token: string) => app.request('/conntrack?format=csv', { token });
    const open = await as('one');
    await problem(await as('two'), 'server-busy');
    await open.text();
    expect((await as('two')).status).toBe(200);
  });

  test('a list that fails frees its slot', async () => {
    const app = testApp({ limits: { dumps: 1 } });
    for (let i = 0; i < 5; i++) await app.request('/conntrack?cursor=nonsense');
    for (let i = 0; i < 5; i++) await app.json('/conntrack/plans', body({ filter: 'proto=tcp', change: 'delete' }));
    expect((await app.request('/conntrack')).status).toBe(200);
  });
});

test('a limiter keeps its limits while callers arrive, wait, leave and abort', async () => {
  const limiter = new ConcurrencyLimiter({ all: 3, each: 2, wait: 20, code: 'too-many-dumps', what: 'dumps' });
  const running = new Map<string, number>();
  const work = async (caller: string): Promise<string> => {
    const left = Math.random() < 0.2 ? AbortSignal.timeout(5) : undefined;
    const release = await limiter.admit(caller, left).catch(() => undefined);
    if (release === undefined) return 'refused';
    running.set(caller, (running.get(caller) ?? 0) + 1);
    const all = [...running.values()].reduce((sum, each) => sum + each, 0);
    expect(running.get(caller)).toBeLessThanOrEqual(2);
    // A task that is started by the end of another one starts a moment later.
    expect(limiter.running).toBeGreaterThanOrEqual(all);
    expect(limiter.running).toBeLessThanOrEqual(3);
    await new Promise(resolve => setTimeout(resolve, Math.random() * 10));
    running.set(caller, running.get(caller)! - 1);
    release();
    release();
    return 'done';
  };
  const outcomes: Promise<string>[] = [];
  for (let i = 0; i < 300; i++) {
    outcomes.push(work(`caller ${i % 4}`));
    if (i % 3 === 0) await new Promise(resolve => setTimeout(resolve, 2));
  }
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['done', 'refused']));
  expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
});

test('one event stream too many is answered with 429 until one has ended', async () => {
  const limits = { subscribersPerPrincipal: 2 };
  await using server = await serve({ table: tableOf(), listen: '127.0.0.1:0', anonymous: 'read', limits, grace: 100 });
  const watch = (signal?: AbortSignal) => fetch(`${server.url}/conntrack/events`, signal ? { signal } : {});
  const left = new AbortController();
  expect([(await watch(left.signal)).status, (await watch()).status]).toEqual([200, 200]);
  const response = await watch();
  expect(response.headers.get('retry-after')).toBe('1');
  await problem(response, 'too-many-subscribers');
  left.abort();
  await expect.poll(async () => (await watch()).status).toBe(200);
});

describe('request limits', () => {
  test('responses report the remaining requests, and 429 when none are left', async () => {
    const app = testApp({ limits: { requests: 2, window: 60_000 } });
    const { headers } = await app.request('/conntrack');
    expect(headers.get('ratelimit-policy')).toBe('"requests";q=2;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"requests";r=1;t=\d+$/);
    expect((await app.request('/conntrack/count')).headers.get('ratelimit')).toMatch(/r=0/);
    const response = await app.request('/capabilities');
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(response.headers.get('ratelimit')).toMatch(/r=0/);
    await problem(response, 'too-many-requests');
    expect((await app.request('/livez')).status).toBe(200);
  });

  test('requests are counted for each principal', async () => {
    const app = testApp({ auth: { tokens: two }, limits: { requests: 1 } });
    expect((await app.request('/conntrack', { token: 'one' })).status).toBe(200);
    expect((await app.request('/conntrack', { token: 'two' })).status).toBe(200);
    await problem(await app.request('/conntrack', { token: 'one' }), 'too-many-requests');
  });

  test('requests become available again at the rate of the window', () => {
    let now = 0;
    const limiter = new RateLimiter({ requests: 10, window: 1000 }, () => now);
    const left = (): string => limiter.take('x').ratelimit;
    for (let i = 9; i >= 0; i--) expect(left()).toContain(`r=${i};`);
    expect(left).toThrow(/Wait 1 s/);
    now = 100;
    expect(left()).toContain('r=0;');
    expect(left).toThrow();
    now = 100_000;
    expect(left()).toContain('r=9;');
  });
});

test('a filter has size limits, in a URL and in a body', async () => {
  const app = testApp();
  const list = Array.from({ length: 1001 }, (_, i) => i).join(',');
  const { errors } = await problem(await app.request(`/conntrack?sport=${list}`), 'filter-invalid');
  expect(errors[0]).toMatchObject({ code: 'too-many-values' });
  const tests = Array.from({ length: 300 }, (_, i) => `sport == ${i}`).join(' or ');
  await problem(await app.request('/conntrack/search', body({ filter: tests })), 'filter-invalid');
  await problem(
    await app.request('/conntrack/search', body({ filter: `src in {${'1.1.1.1, '.repeat(40_000)}1.1.1.1}` })),
    'body-invalid',
  );
  await problem(await app.request('/conntrack/search', body(`"${'x'.repeat(1024 * 1024)}"`)), 'body-too-large');
});
