import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { hashToken, SCOPES } from '../../src/index.js';
import { body, problem, type TestApp, TOKEN, tableOf, testApp } from '../support.js';

const OWNER = 'owner-token';
const MINE = 'src=10.0.0.0/30';

/** One table, and two tokens for it: the owner may use everything, the tenant only its own flows. */
const shared = (): TestApp =>
  testApp({
    table: tableOf(),
    auth: {
      tokens: [
        { name: 'owner', sha256: hashToken(OWNER), scopes: SCOPES },
        { name: 'tenant', sha256: hashToken(TOKEN), scopes: SCOPES, filter: parseQuery(MINE, {}).filter },
      ],
    },
  });

const everything = async (app: TestApp, query = ''): Promise<Flow[]> =>
  (await app.json<{ items: Flow[] }>(`/conntrack?${query}`, { token: OWNER })).items;

test('a token with a filter lists and counts only its own flows', async () => {
  const app = shared();
  const mine = await everything(app, MINE);
  expect(mine.length).toBeGreaterThan(0);
  expect(mine.length).toBeLessThan((await everything(app)).length);
  expect(await app.json('/conntrack')).toMatchObject({
    items: mine,
    meta: { scanned: mine.length, matched: mine.length },
  });
  expect(await app.json('/conntrack/count')).toMatchObject({ count: mine.length });
  expect((await app.request('/conntrack', { method: 'HEAD' })).headers.get('x-total-count')).toBe(String(mine.length));
  const lines = (await (await app.request('/conntrack?format=ndjson')).text()).trim().split('\n');
  expect(lines).toHaveLength(mine.length + 1);
  expect(await app.json('/capabilities')).not.toHaveProperty('count');
});

test("a key outside of a token's filter is not found by any operation", async () => {
  const app = shared();
  const { key, original } = (
    await everything(app, `proto=tcp&filter=${encodeURIComponent('not src in 10.0.0.0/30')}`)
  )[0]!;
  const { src, dst, sport, dport } = original;
  await problem(await app.request(`/conntrack/${key}`), 'not-found');
  await problem(await app.request(`/conntrack/${key}`, { method: 'DELETE' }), 'not-found');
  await problem(await app.request(`/conntrack/${key}`, body({ mark: 1 }, 'PATCH')), 'not-found');
  await problem(
    await app.request(`/conntrack/lookup?proto=tcp&src=${src}&dst=${dst}&sport=${sport}&dport=${dport}`),
    'not-found',
  );
  expect((await app.request(`/conntrack/${key}`, { token: OWNER })).status).toBe(200);
});

test("a bulk change with a token's filter changes only its own flows, and a flush is rejected", async () => {
  const app = shared();
  const before = await everything(app);
  const mine = await everything(app, MINE);
  expect(await app.json('/conntrack?mark.gte=0', { method: 'DELETE' })).toMatchObject({ deleted: mine.length });
  expect(await everything(app)).toHaveLength(before.length - mine.length);
  await problem(await app.request('/conntrack/flush', body({ confirm: 'flush' })), 'outside');
  expect(await everything(app)).toHaveLength(before.length - mine.length);
});

test('a token with a filter cannot create a flow outside of it', async () => {
  const flow = (src: string) => ({
    protocol: 'tcp',
    original: { src, dst: '198.51.100.77', sport: 40000, dport: 443 },
    timeout: 600,
  });
  const app = shared();
  await problem(await app.request('/conntrack', body(flow('10.0.0.4'))), 'outside');
  expect((await app.request('/conntrack', body(flow('10.0.0.3')))).status).toBe(201);
});

test('an expired token is rejected', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const app = testApp({
    auth: {
      tokens: [{ name: 'guest', sha256: hashToken(TOKEN), scopes: SCOPES, expires: new Date(now + 1000) }],
      now: () => now,
    },
  });
  expect((await app.request('/conntrack')).status).toBe(200);
  now += 1000;
  expect(await problem(await app.request('/conntrack'), 'unauthenticated')).toMatchObject({
    detail: expect.stringContaining('expired'),
  });
});

test('a token whose filter cannot be evaluated is rejected when the server starts', () => {
  const tokens = [{ name: 'x', sha256: hashToken(TOKEN), scopes: SCOPES, filter: parseQuery('event=new', {}).filter }];
  expect(() => testApp({ auth: { tokens } })).toThrow(/event/);
});

test('a token with a filter cannot use operations on the whole table', async () => {
  const app = shared();
  await problem(await app.request('/stats'), 'outside');
  await problem(await app.request('/expectations'), 'outside');
  await problem(await app.request('/expectations/ct1.x', { method: 'DELETE' }), 'outside');
  await problem(await app.request('/expectations/flush', body({ confirm: 'flush' })), 'outside');
});

test('plans, searches, top groups and overviews of a token with a filter contain only its own flows', async () => {
  const app = shared();
  const mine = await everything(app, MINE);
  expect(await app.json('/conntrack/search', body({ filter: 'all' }))).toMatchObject({ items: mine });
  expect(await app.json('/conntrack/top?by=family')).toMatchObject({ meta: { scanned: mine.length } });
  const asked = body({ groups: [{ by: 'family' }], counts: { everything: 'all' } });
  expect(await app.json('/conntrack/overview', asked)).toMatchObject({
    items: mine,
    counts: { everything: mine.length },
    meta: { scanned: mine.length },
  });
  const plan = await app.json<{ execute: string }>('/conntrack/plans', body({ filter: 'mark >= 0', change: 'delete' }));
  expect(plan).toMatchObject({ count: mine.length, matched: mine.length, sample: expect.arrayContaining(mine) });
  await problem(await app.request(plan.execute, { method: 'POST', token: OWNER }), 'plan-unknown');
  expect(await app.json(plan.execute, { method: 'POST' })).toMatchObject({ deleted: mine.length });
});
