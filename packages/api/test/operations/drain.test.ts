import type { Flow } from '@conntrack/flow';
import { describe, expect, test } from 'vitest';
import { sample } from '../flows.js';
import { body, problem, type TestApp, tableOf, testApp, withScopes } from '../support.js';

const countOf = async (app: TestApp, query = ''): Promise<number> =>
  (await app.json<{ count: number }>(`/conntrack/count?${query}`)).count;
const flowsOf = async (app: TestApp, query: string): Promise<Flow[]> =>
  (await app.json<{ items: Flow[] }>(`/conntrack?${query}`)).items;

describe('a drain', () => {
  const drain = { filter: 'proto == tcp', within: 90 };

  test('a drain sets a deadline, and skips flows that already have one', async () => {
    const app = testApp();
    expect(await app.json('/conntrack/drain', body({ ...drain, filter: 'src == 10.0.0.3' }))).toMatchObject({
      matched: 1,
      updated: 1,
    });
    expect(await app.json('/conntrack/drain', body({ ...drain, within: 30, expect: 9 }))).toMatchObject({
      dryRun: false,
      matched: 10,
      updated: 9,
      skipped: 1,
      skips: [{ reason: 'already has a deadline', count: 1 }],
    });
    const flows = await flowsOf(app, 'proto=tcp');
    for (const { status, timeout, original } of flows) {
      expect(status).toContain('FIXED_TIMEOUT');
      expect(timeout! <= 30).toBe(original.src !== '10.0.0.3');
    }
    expect((await flowsOf(app, 'proto=udp'))[0]!.status).not.toContain('FIXED_TIMEOUT');
  });

  test('a drain finds the flows of many filters in one scan', async () => {
    const app = testApp();
    const answer = await app.json(
      '/conntrack/drain',
      body({ filters: ['src == 10.0.0.3', 'proto=udp'], within: 9, strict: true }),
    );
    expect(answer).toMatchObject({ matched: 2, updated: 2 });
  });

  test('a dry run of a drain changes nothing, and its plan needs the same scopes', async () => {
    const app = testApp();
    const dry = await app.json<{ plan: { execute: string } }>('/conntrack/drain', body({ ...drain, dryRun: true }));
    expect(dry).toMatchObject({ dryRun: true, matched: 10, updated: 0, plan: { state: 'ready' } });
    expect(await countOf(app, 'timeout.lte=90&proto=tcp')).toBe(0);
    expect(await app.json(dry.plan.execute, { method: 'POST' })).toMatchObject({ updated: 10 });
    expect(await countOf(app, 'timeout.lte=90&proto=tcp')).toBe(10);
  });

  test.each([
    [{ maxAffected: 9 }, 'too-many-affected'],
    [{ expect: 9 }, 'expect-mismatch'],
    [{ expect: 8, tolerance: 1 }, 'expect-mismatch'],
  ] as const)('a drain that exceeds its limits (%o) changes nothing', async (bounds, code) => {
    const app = testApp();
    await problem(await app.request('/conntrack/drain', body({ ...drain, ...bounds })), code);
    expect(await countOf(app, 'timeout.lte=90&proto=tcp')).toBe(0);
  });

  test("the server's own maximum limits a drain", async () => {
    const app = testApp({ limits: { maxAffected: 5 } });
    await problem(await app.request('/conntrack/drain', body(drain)), 'too-many-affected');
    await problem(await app.request('/conntrack/drain', body({ ...drain, maxAffected: 6 })), 'parameter-invalid');
  });

  test('a drain leaves an intent and an audit line with filter, deadline and counts', async () => {
    const app = testApp();
    await app.json('/conntrack/drain', body(drain));
    const asked = { operation: 'drainFlows', filters: ['proto=tcp'], within: 90 };
    expect(app.lines).toMatchObject([
      { event: 'intent', ...asked, count: 10, flows: expect.arrayContaining([expect.stringMatching(/^ct1\./)]) },
      { event: 'audit', ...asked, matched: 10, updated: 10 },
    ]);
  });

  test('a drain that is sent again with its Idempotency-Key is not made again', async () => {
    const app = testApp();
    const once = { ...body(drain), headers: { 'content-type': 'application/json', 'idempotency-key': 'd' } };
    const first = await (await app.request('/conntrack/drain', once)).json();
    const second = await app.request('/conntrack/drain', once);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await second.json()).toEqual(first);
  });

  test.each([
    [{ within: 0 }, '/within'],
    [{ within: 1.5 }, '/within'],
    [{ within: undefined }, '/within'],
    [{ within: 2 ** 31 }, '/within'],
    [{ filters: ['proto=udp'] }, '/filter'],
    [{ filter: undefined }, '/filter'],
    [{ tolerance: 1 }, '/tolerance'],
    [{ dryRun: 'yes' }, '/dryRun'],
    [{ more: 1 }, '/more'],
  ])('a drain with %o is a fault with its place', async (change, pointer) => {
    const { errors } = await problem(
      await testApp().request('/conntrack/drain', body({ ...drain, ...change })),
      'body-invalid',
    );
    expect(errors.map(error => error.pointer)).toContain(pointer);
  });

  test('a drain needs a predicate', async () => {
    for (const filter of ['all', '', 'proto=tcp or all'])
      expect((await testApp().request('/conntrack/drain', body({ ...drain, filter }))).status).toBe(400);
  });
});

describe('a deadline that no traffic extends ends a flow, so flows:update alone cannot set one', () => {
  const change = { timeout: 5, status: ['fixed_timeout'] };
  test.each([
    ['drain', '/conntrack/drain', body({ filter: 'proto=tcp', within: 5 })],
    ['plan', '/conntrack/plans', body({ filter: 'proto=tcp', change })],
    ['bulk update', '/conntrack?proto=tcp', body(change, 'PATCH')],
    ['update', '/conntrack/KEY', body(change, 'PATCH')],
  ] as const)('a deadline that no traffic extends needs flows:delete, as a %s', async (_, target, init) => {
    const table = tableOf(sample());
    const { key } = (await table.page({ limit: 1 })).items[0]!;
    const path = target.replace('KEY', key!);
    const updater = testApp({ table, auth: withScopes(['flows:update', 'flows:read']) });
    const refusal = await problem(await updater.request(path, init), 'scope-missing');
    expect(refusal).toMatchObject({ scope: 'flows:delete' });
    expect(await countOf(updater, 'timeout.lte=5')).toBe(0);
    const both = testApp({ table, auth: withScopes(['flows:update', 'flows:delete']) });
    expect((await both.request(path, init)).status).toBeLessThan(300);
  });
});

describe('a reconciliation', () => {
  const scope = 'proto == tcp';
  const keep = ['src == 10.0.0.1', 'mark == 0'];

  test('a reconciliation deletes the flows in its scope that match no keep filter', async () => {
    const app = testApp();
    // 10.0.0.1 to 10.0.0.10; the odd ones have mark 1.
    expect(await app.json('/conntrack/reconcile', body({ scope, keep, expect: 4 }))).toMatchObject({
      matched: 4,
      deleted: 4,
    });
    expect(await countOf(app, 'proto=tcp')).toBe(6);
    expect(await countOf(app, 'src=10.0.0.1')).toBe(2);
    expect(await countOf(app)).toBe(8);
    expect(app.lines).toMatchObject([
      {
        event: 'intent',
        operation: 'reconcileFlows',
        scope: 'proto=tcp',
        keep: ['src=10.0.0.1', 'mark=0x0'],
        count: 4,
      },
      { event: 'audit', operation: 'reconcileFlows', scope: 'proto=tcp', deleted: 4 },
    ]);
  });

  test('a reconciliation with an empty keep list deletes the whole scope, within its limits', async () => {
    const app = testApp();
    const all = { scope, keep: [] };
    await problem(await app.request('/conntrack/reconcile', body({ ...all, maxAffected: 9 })), 'too-many-affected');
    expect(await countOf(app)).toBe(12);
    expect(await app.json('/conntrack/reconcile', body(all))).toMatchObject({ deleted: 10 });
  });

  test('a dry run of a reconciliation stores a plan', async () => {
    const app = testApp();
    const dry = await app.json<{ plan: { execute: string } }>(
      '/conntrack/reconcile',
      body({ scope, keep, dryRun: true }),
    );
    expect(dry).toMatchObject({ dryRun: true, matched: 4, deleted: 0 });
    expect(await countOf(app)).toBe(12);
    expect(await app.json(dry.plan.execute, { method: 'POST' })).toMatchObject({ deleted: 4 });
  });

  test('a reconciliation keeps all flows if one keep filter matches everything', async () => {
    const app = testApp();
    const response = await app.request('/conntrack/reconcile', body({ scope, keep: ['mark >= 0'] }));
    expect(await response.json()).toMatchObject({ matched: 0, deleted: 0 });
    expect(await countOf(app)).toBe(12);
  });

  test('a reconciliation needs a scope with a predicate, and a keep list', async () => {
    for (const given of [{ scope: 'all', keep }, { scope: '', keep }, { keep }, { scope }, { scope, keep: 'mark=0' }]) {
      const app = testApp();
      expect([400, 422]).toContain((await app.request('/conntrack/reconcile', body(given))).status);
      expect(await countOf(app)).toBe(12);
    }
  });

  test('a reconciliation reports an invalid keep filter with its place', async () => {
    for (const wrong of ['src == 10.0.0.5/8', 'dprot=1']) {
      const { errors } = await problem(
        await testApp().request('/conntrack/reconcile', body({ scope, keep: ['mark=0', wrong] })),
        'filter-invalid',
      );
      expect(errors[0]!.pointer).toBe('/keep/1');
    }
  });

  test('a reconciliation needs flows:delete', async () => {
    const app = testApp({ auth: withScopes(['flows:update']) });
    await problem(await app.request('/conntrack/reconcile', body({ scope, keep })), 'scope-missing');
  });
});
