import { expect, test } from 'vitest';
import { hashToken, SCOPES } from '../../src/index.js';
import { ROUTES, requestFor } from '../auth/routes.js';
import { body, problem, type TestApp, TOKEN, tableOf, testApp, withScopes } from '../support.js';

const mutations = ROUTES.filter(({ mutation }) => mutation).map(operation => [operation.id, operation] as const);
const netns = () => tableOf();

test('mutations exist, and reads are not among them', () => {
  expect(mutations.length).toBeGreaterThan(15);
  for (const { method, mutation } of ROUTES)
    if (method === 'get' || method === 'query') expect(mutation).toBeUndefined();
});

test.each(mutations)('%s leaves one audit line before its response, without a token', async (_, operation) => {
  const { target, init } = requestFor(operation);
  for (const more of [{}, { 'content-type': 'text/plain' }, { 'x-request-id': 'mine-7' }]) {
    let answered = false;
    const order: boolean[] = [];
    const app = testApp({ netns, log: () => order.push(answered) });
    const lines = testApp({ netns });
    const headers = { ...(init.headers as Record<string, string>), ...more };
    const response = await app.request(target, { ...init, headers });
    answered = true;
    // A bulk change logs its start before.
    expect([[false], [false, false]]).toContainEqual(order);
    await lines.request(target, { ...init, headers });
    const line = lines.lines.at(-1);
    if (lines.lines.length > 1)
      expect(lines.lines[0]).toMatchObject({ event: 'intent', principal: 'tester', operation: operation.id });
    expect(line).toMatchObject({
      event: 'audit',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      requestId: expect.any(String),
      principal: 'tester',
      operation: operation.id,
      status: response.status,
      outcome: response.ok ? 'ok' : expect.stringMatching(/^[a-z-]+$/),
    });
    expect(JSON.stringify(line)).not.toMatch(/bearer/i);
    expect(JSON.stringify(line)).not.toContain(TOKEN);
    expect(JSON.stringify(line)).not.toContain('\n');
  }
});

test.each(mutations)('%s leaves at most one intent line where audit lines are required', async (_, operation) => {
  const { target, init } = requestFor(operation);
  const app = testApp({ netns, auditRequired: true });
  const { ok } = await app.request(target, init);
  const events = app.lines.map(({ event }) => event);
  expect(events.filter(event => event === 'audit')).toHaveLength(1);
  expect([...(ok ? [] : [0]), 1]).toContain(events.filter(event => event === 'intent').length);
});

test.each(mutations)('%s by a caller without the scope leaves one line, and changes nothing', async (id, operation) => {
  const { target, init } = requestFor(operation);
  for (const [app, token] of [
    [testApp({ netns }), null],
    [testApp({ netns }), 'a-wrong-token'],
    [testApp({ netns, auth: withScopes(['flows:read']) }), TOKEN],
  ] as const) {
    const response = await app.request(target, { ...init, token });
    expect([401, 403]).toContain(response.status);
    expect(app.lines).toMatchObject([{ event: 'refused', operation: id, code: expect.any(String) }]);
    expect(JSON.stringify(app.lines)).not.toMatch(/a-wrong-token|test-token/);
  }
});

test('the line of a rejected caller names the caller, where the caller is known', async () => {
  const principalFor = async (app: TestApp, token: string | null): Promise<unknown> => {
    await app.request('/conntrack', { method: 'DELETE', token });
    return app.lines.find(({ event }) => event === 'refused')?.principal;
  };
  expect(await principalFor(testApp({ auth: withScopes(['flows:read']) }), TOKEN)).toBe('tester');
  expect(await principalFor(testApp(), 'a-wrong-token')).toBeUndefined();
  const fallback = { name: 'anonymous', scopes: [] };
  expect(await principalFor(testApp({ auth: { tokens: [], fallback } }), null)).toBe('anonymous');
});

test("an audit line has the filter and the token's limit in canonical form", async () => {
  const { parseQuery } = await import('@conntrack/filter');
  const app = testApp({
    auth: {
      tokens: [
        { name: 'tenant', sha256: hashToken(TOKEN), scopes: SCOPES, filter: parseQuery('src=10.0.0.0/8').filter },
      ],
    },
  });
  await app.request('/conntrack?dport=443&protocol=TCP&expect=10', { method: 'DELETE' });
  const asked = { filter: 'dport=443&proto=tcp', limitedTo: 'src=10.0.0.0/8', expect: 10 };
  expect(app.lines).toMatchObject([
    { event: 'intent', ...asked, count: 10 },
    { event: 'audit', ...asked, matched: 10, deleted: 10, skipped: 0 },
  ]);
});

test('a refused plan is logged with its filters', async () => {
  const app = testApp({ limits: { plansPerPrincipal: 0 } });
  await app.request(
    '/conntrack/plans',
    body({ filters: ['dport=443&protocol=TCP', 'proto == udp'], change: 'delete' }),
  );
  expect(app.lines).toMatchObject([{ outcome: 'too-many-plans', filters: ['dport=443&proto=tcp', 'proto=udp'] }]);
});

test('query values do not reach the log through an error', async () => {
  const app = testApp();
  await problem(await app.request('/conntrack?dprot=secret-value', { method: 'DELETE' }), 'filter-invalid');
  expect(app.lines).toHaveLength(1);
  expect(JSON.stringify(app.lines)).not.toContain('secret-value');
});
