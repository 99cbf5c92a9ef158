import { connect } from 'node:net';
import type { Flow } from '@conntrack/flow';
import { describe, expect, test, vi } from 'vitest';
import { hashToken, SCOPES, serve } from '../../src/index.js';
import { sample, tcpFlow } from '../flows.js';
import { body, newFlow, newPlan, problem, type TestApp, TOKEN, tableOf, testApp, withScopes } from '../support.js';

interface Plan {
  id: string;
  expires: string;
  execute: string;
  count: number;
  matched: number;
  breakdown: Record<string, number>;
  sample: Flow[];
  filters: { filter: string; matched: number }[];
  refusal?: { code: string };
}

const post = { method: 'POST' };
const planOf = (app: TestApp, change: object = {}): Promise<Plan> =>
  app.json<Plan>('/conntrack/plans', body({ ...newPlan, ...change }));
const countOf = async (app: TestApp, query = ''): Promise<number> =>
  (await app.json<{ count: number }>(`/conntrack/count?${query}`)).count;

describe('a plan', () => {
  test('a plan shows which flows it would change, and changes none', async () => {
    const app = testApp();
    const asked = Date.now();
    const response = await app.request('/conntrack/plans', body(newPlan));
    expect(response.status).toBe(201);
    const plan = (await response.json()) as Plan;
    expect(plan).toMatchObject({
      change: 'delete',
      count: 10,
      matched: 10,
      skipped: 0,
      filters: [{ filter: 'proto=tcp', matched: 10 }],
      execute: `/conntrack/plans/${plan.id}/execute`,
    });
    expect(plan.sample).toHaveLength(10);
    expect(Object.values(plan.breakdown).reduce((sum, count) => sum + count)).toBe(10);
    // 60 seconds from a moment between request and response.
    expect(Date.parse(plan.expires)).toBeGreaterThanOrEqual(asked + 60_000);
    expect(Date.parse(plan.expires)).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await countOf(app)).toBe(12);
  });

  test('a plan is executed once, for the flows that it found and for no later ones', async () => {
    const app = testApp();
    const { execute } = await planOf(app);
    await app.request(`/conntrack/${(await planOf(app)).sample[0]!.key}`, { method: 'DELETE' });
    await app.json('/conntrack', body(newFlow));
    expect(await app.json(execute, post)).toMatchObject({
      matched: 10,
      deleted: 9,
      gone: 1,
      failed: 0,
      notAttempted: 0,
    });
    expect(await countOf(app, 'proto=tcp')).toBe(1);
    await problem(await app.request(execute, post), 'plan-used');
  });

  test('a plan can update flows, and finds those of many filters in one scan', async () => {
    const app = testApp();
    const change = { mark: 77 };
    const plan = await planOf(app, { filter: undefined, filters: ['proto=tcp', 'src == 10.0.0.1'], change });
    expect(plan.filters).toMatchObject([{ filter: 'proto=tcp', matched: 10 }, { filter: 'src=10.0.0.1' }]);
    expect(await app.json(plan.execute, post)).toMatchObject({ updated: plan.count });
    expect(await countOf(app, 'mark=77')).toBe(plan.count);
  });

  test('a refused plan says why, and cannot be executed', async () => {
    const app = testApp();
    for (const [limits, code] of [
      [{ maxAffected: 9 }, 'too-many-affected'],
      [{ expect: 9 }, 'expect-mismatch'],
    ] as const) {
      const plan = await planOf(app, limits);
      expect(plan).toMatchObject({ count: 10, refusal: { code } });
      expect(await problem(await app.request(plan.execute, post), code)).toMatchObject({ matched: 10 });
    }
    expect(await planOf(app, { expect: 9, tolerance: 1 })).not.toHaveProperty('refusal');
    expect(await countOf(app)).toBe(12);
  });

  test('a strict plan skips flows that another connection replaced, and says why', async () => {
    const app = testApp();
    const { execute } = await planOf(app, { strict: true });
    const careless = await planOf(app);
    for (const { key } of careless.sample.slice(0, 3)) await app.json(`/conntrack/${key}`, body({ mark: 99 }, 'PATCH'));
    const skips = [{ reason: 'replaced or changed (another mark)', count: 3 }];
    expect(await app.json(execute, post)).toMatchObject({
      deleted: 7,
      skipped: 3,
      skips,
      gone: 0,
      failed: 0,
      notAttempted: 0,
    });
    expect(await app.json(careless.execute, post)).toMatchObject({ deleted: 3, gone: 7, skipped: 0, skips: [] });
    await problem(await app.request('/conntrack/plans', body({ ...newPlan, strict: 'yes' })), 'body-invalid');
  });

  test('a plan can only be used by its creator', async () => {
    const tokens = ['one', 'two'].map(name => ({ name, sha256: hashToken(name), scopes: SCOPES }));
    const app = testApp({ auth: { tokens } });
    const { execute } = await app.json<Plan>('/conntrack/plans', { ...body(newPlan), token: 'one' });
    await problem(await app.request(execute, { ...post, token: 'two' }), 'plan-unknown');
    expect(await app.json(execute, { ...post, token: 'one' })).toMatchObject({ deleted: 10 });
  });

  test('a plan needs the scope of its change', async () => {
    const app = testApp({ auth: withScopes(['flows:update']) });
    expect(await problem(await app.request('/conntrack/plans', body(newPlan)), 'scope-missing')).toMatchObject({
      scope: 'flows:delete',
    });
    expect(await planOf(app, { change: { mark: 1 } })).toMatchObject({ count: 10 });
  });

  test('a plan expires after a minute, and frees its memory', async () => {
    vi.useFakeTimers();
    try {
      const app = testApp();
      const { execute } = await planOf(app);
      vi.advanceTimersByTime(60_001);
      await problem(await app.request(execute, post), 'plan-expired');
      vi.advanceTimersByTime(600_000);
      await problem(await app.request(execute, post), 'plan-unknown');
      expect(await countOf(app)).toBe(12);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a plan counts for its principal until it ends', async () => {
    const app = testApp({ limits: { plansPerPrincipal: 2 } });
    const { execute } = await planOf(app);
    await app.json('/conntrack?proto=tcp&dryRun', { method: 'DELETE' });
    const response = await app.request('/conntrack/plans', body(newPlan));
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
    await problem(response, 'too-many-plans');
    await app.json(execute, post);
    await planOf(app);
  });

  test.each([
    ['no filter', { filter: undefined }, 'body-invalid', '/filter'],
    ['both', { filters: ['proto=udp'] }, 'body-invalid', '/filter'],
    ['none of many', { filter: undefined, filters: [] }, 'body-invalid', '/filters'],
    ['no change', { change: undefined }, 'body-invalid', '/change'],
    ['another verb', { change: 'flush' }, 'body-invalid', '/change'],
    ['a change of nothing', { change: {} }, 'body-invalid', '/change'],
    ['a change with an unknown member', { change: { colour: 1 } }, 'body-invalid', '/change/colour'],
    ['a mask alone', { change: { markMask: 1 } }, 'body-invalid', '/change/markMask'],
    ['a tolerance alone', { tolerance: 1 }, 'body-invalid', '/tolerance'],
    ['a bad filter', { filter: undefined, filters: ['proto=tcp', 'dprot=1'] }, 'filter-invalid', '/filters/1'],
    ['a prefix with host bits', { filter: 'src=10.0.0.5/8' }, 'filter-invalid', '/filter'],
  ] as const)('a plan with %s is a fault with its pointer', async (_, change, code, pointer) => {
    const { errors } = await problem(
      await testApp().request('/conntrack/plans', body({ ...newPlan, ...change })),
      code,
    );
    expect(errors.map(error => error.pointer)).toContain(pointer);
  });

  test('a plan needs a predicate in each of its filters', async () => {
    for (const filters of [['all'], [''], ['proto=tcp', 'all']]) {
      const response = await testApp().request('/conntrack/plans', body({ filters, change: 'delete' }));
      expect(response.status).toBe(400);
    }
  });

  test('plans do not exist where changes are disabled', async () => {
    await problem(await testApp({ readOnly: true }).request('/conntrack/plans', body(newPlan)), 'read-only');
  });

  test('a plan leaves audit lines with its id, filters and counts', async () => {
    const app = testApp();
    const { id, execute } = await planOf(app);
    await app.json(execute, post);
    expect(app.lines).toMatchObject([
      { event: 'audit', operation: 'createPlan', plan: id, filters: ['proto=tcp'], count: 10, change: 'delete' },
      { event: 'intent', operation: 'executePlan', plan: id, filters: ['proto=tcp'], count: 10 },
      { event: 'audit', operation: 'executePlan', plan: id, filters: ['proto=tcp'], matched: 10, deleted: 10 },
    ]);
  });
});

test.each([
  ['DELETE', { method: 'DELETE' }, 'deleted'],
  ['PATCH', body({ mark: 9 }, 'PATCH'), 'updated'],
] as const)('a dry run of %s stores its plan', async (_, init, name) => {
  const app = testApp();
  const dry = await app.json<{ plan: Plan; sample: Flow[] }>('/conntrack?proto=tcp&dryRun=true', init);
  expect(dry).toMatchObject({ dryRun: true, matched: 10, [name]: 0, plan: { execute: expect.any(String) } });
  expect(dry.sample).toHaveLength(10);
  expect(await app.json(dry.plan.execute, post)).toMatchObject({ matched: 10, [name]: 10 });
});

/** Sends a request from a socket whose port is known before, so that the table can contain its flow. */
function ask(port: number, localPort: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port, localPort }, () => socket.write(request));
    socket.on('data', chunk => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

test("the caller's own connection and protected flows are skipped", async () => {
  const { parseQuery } = await import('@conntrack/filter');
  const localPort = 20_000 + (process.pid % 10_000);
  const table = tableOf([], { protect: parseQuery('dport=22', {}).filter });
  await using server = await serve({ table, listen: '127.0.0.1:0', adminToken: TOKEN });
  const port = Number(new URL(server.url).port);
  const local = { src: '127.0.0.1', dst: '127.0.0.1' };
  for (const [sport, dport] of [
    [localPort, port],
    [localPort, 9],
    [5, 22],
  ] as const)
    await table.create({ family: 'ipv4', protonum: 6, original: { ...local, sport, dport }, timeout: 60 });
  const text = await ask(
    port,
    localPort,
    `DELETE /conntrack?proto=tcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`,
  );
  expect(JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))).toMatchObject({
    matched: 3,
    deleted: 1,
    skipped: 2,
  });
  expect(await table.count()).toBe(2);
});

test('a sample has at most a hundred flows', async () => {
  const flows = Array.from({ length: 150 }, (_, i) => ({
    ...tcpFlow(1),
    id: i + 1,
    original: { ...tcpFlow(1).original, sport: 1000 + i },
    reply: { ...tcpFlow(1).reply, dport: 1000 + i },
  }));
  const app = testApp({ table: tableOf([...sample(), ...flows]) });
  expect((await planOf(app)).sample).toHaveLength(100);
});
