import type { Flow } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import { expect, test } from 'vitest';
import { hashToken, SCOPES } from '../../src/index.js';
import { OPERATIONS } from '../../src/operations/operations.js';
import { tcpFlow } from '../flows.js';
import { body, newFlow, newPlan, problem, TOKEN, testApp } from '../support.js';

const blue = (): ConntrackTable => new ConntrackTable(new MemorySource([tcpFlow(1), tcpFlow(2)]));
const withBlue = (options: Parameters<typeof testApp>[0] = {}) => {
  const table = blue();
  return testApp({ netns: name => (name === 'blue' ? table : undefined), ...options });
};
const count = async (app: ReturnType<typeof testApp>, base = ''): Promise<number> =>
  (await app.json<{ count: number }>(`${base}/conntrack/count`)).count;

test('each network namespace has its own table', async () => {
  const app = withBlue();
  expect([await count(app), await count(app, '/netns/blue')]).toEqual([12, 2]);
  await app.json('/netns/blue/conntrack?proto=tcp', { method: 'DELETE' });
  expect([await count(app), await count(app, '/netns/blue')]).toEqual([12, 0]);
  const line = { operation: 'deleteFlowsInNetns', netns: 'blue' };
  expect(app.lines).toMatchObject([
    { event: 'intent', ...line, count: 2 },
    { event: 'audit', ...line, deleted: 2 },
  ]);
  expect(await app.json('/netns/blue/stats')).toMatchObject({ count: 0 });
});

test('links in responses stay in the network namespace', async () => {
  const app = withBlue();
  const response = await app.request('/netns/blue/conntrack', body(newFlow));
  const flow = (await response.json()) as Flow;
  expect(response.headers.get('location')).toBe(`/netns/blue/conntrack/${flow.key}`);
  expect(await app.json(response.headers.get('location')!)).toEqual(flow);
  const { id, execute } = await app.json<{ id: string; execute: string }>('/netns/blue/conntrack/plans', body(newPlan));
  await problem(await app.request(`/conntrack/plans/${id}/execute`, { method: 'POST' }), 'plan-unknown');
  expect(await app.json(execute, { method: 'POST' })).toMatchObject({ deleted: 3 });
});

test.each(['red', '.', '..%2fblue', 'a%2fb', 'blue%00', 'x'.repeat(65), '%20', 'bl%ffue'])(
  'the network namespace %s is not found',
  async name => {
    const asked: string[] = [];
    const app = testApp({
      netns(asking) {
        asked.push(asking);
        return undefined;
      },
    });
    const response = await app.request(`/netns/${name}/conntrack`);
    expect(response.status).toBe(404);
    expect(asked.filter(each => each !== 'red')).toEqual([]);
  },
);

test('routes of network namespaces do not exist if none are served', async () => {
  await problem(await testApp().request('/netns/blue/conntrack'), 'route-not-found');
});

test('a network namespace that was created again has another table', async () => {
  let table = blue();
  const app = testApp({ netns: () => table });
  await app.json('/netns/blue/conntrack?proto=tcp', { method: 'DELETE' });
  expect(await count(app, '/netns/blue')).toBe(0);
  table = blue();
  expect(await count(app, '/netns/blue')).toBe(2);
});

test('a token can be limited to some network namespaces', async () => {
  const limited = (netns: string[]) =>
    withBlue({ auth: { tokens: [{ name: 'x', sha256: hashToken(TOKEN), scopes: SCOPES, netns }] } });
  for (const operation of OPERATIONS.filter(({ path }) => /^\/(conntrack|expectations|stats|capab)/.test(path))) {
    const method = operation.method.toUpperCase();
    await problem(await limited(['blue']).request(operation.path, { method }), 'scope-missing');
    await problem(await limited(['.']).request(`/netns/blue${operation.path}`, { method }), 'scope-missing');
    await problem(await limited([]).request(`/netns/blue${operation.path}`, { method }), 'scope-missing');
  }
  expect((await limited(['blue']).request('/netns/blue/conntrack')).status).toBe(200);
  expect((await limited(['.']).request('/conntrack')).status).toBe(200);
  // The token cannot find out whether the namespace exists, either.
  await problem(await limited(['.']).request('/netns/red/conntrack'), 'scope-missing');
});

test('the OpenAPI document has the routes of network namespaces, each once', async () => {
  const { paths } = await withBlue().json<{ paths: Record<string, object> }>('/openapi.json');
  expect(paths).toHaveProperty(['/netns/{netns}/conntrack/{key}', 'delete']);
  expect(paths).not.toHaveProperty(['/netns/{netns}/livez']);
  const ids = Object.values(paths).flatMap(item => Object.values(item).map(({ operationId }) => operationId as string));
  expect(new Set(ids).size).toBe(ids.length);
});

test('a read-only server has no changes in any network namespace', async () => {
  await problem(
    await withBlue({ readOnly: true }).request('/netns/blue/conntrack?proto=tcp', { method: 'DELETE' }),
    'read-only',
  );
});
