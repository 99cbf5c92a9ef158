import { parseQuery } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { describe, expect, test } from 'vitest';
import { hashToken, SCOPES } from '../../src/index.js';
import { sample, tcpFlow } from '../flows.js';
import { body, failingAfter, newFlow, problem, type TestApp, TOKEN, tableOf, testApp, withScopes } from '../support.js';

interface Changed {
  counts: Record<string, number>;
  results: { op: string; outcome: string; key?: string; created?: boolean; code?: string; detail?: string }[];
}

const change = (app: TestApp, changes: object[], more: object = {}): Promise<Changed> =>
  app.json<Changed>('/conntrack/changes', body({ changes, ...more }));
const flowsOf = async (app: TestApp, query = ''): Promise<(Flow & { key: string })[]> =>
  (await app.json<{ items: (Flow & { key: string })[] }>(`/conntrack?sort=src&${query}`)).items;
const outcomes = ({ results }: Changed): string[] => results.map(({ outcome }) => outcome);

describe('a list of changes', () => {
  // vitest fails for an unhandled rejection, which would end the process of a server.
  test('a list of changes with an unknown parameter and a body of another type is rejected once, without an unhandled rejection', async () => {
    const app = testApp();
    const init = {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/plain' },
      body: 'x',
    };
    await problem(await app.request('/conntrack/changes?nosuch=1', init), 'parameter-invalid');
  });

  test('a list of changes deletes and updates by key, and reports each outcome', async () => {
    const app = testApp();
    const [one, two, three, four] = await flowsOf(app, 'proto=tcp');
    await app.request(`/conntrack/${three!.key}`, { method: 'DELETE' });
    await app.request(`/conntrack/${four!.key}`, { method: 'DELETE' });
    // Another connection has the tuple of the fourth.
    const { original, reply, protonum } = tcpFlow(4);
    const bare = ({ packets: _, bytes: __, ...tuple }: Flow['original']) => tuple;
    await app.json('/conntrack', body({ protonum, original: bare(original), reply: bare(reply), timeout: 60 }));
    const answer = await change(app, [
      { op: 'delete', key: one!.key },
      { op: 'update', key: two!.key, change: { mark: 77 } },
      { op: 'delete', key: three!.key },
      { op: 'update', key: four!.key, change: { mark: 77 } },
    ]);
    expect(answer).toMatchObject({
      dryRun: false,
      counts: { done: 2, gone: 1, replaced: 1, failed: 0 },
      results: [
        { op: 'delete', outcome: 'done', key: one!.key },
        { op: 'update', outcome: 'done', key: two!.key },
        { op: 'delete', outcome: 'gone', key: three!.key, code: 'not-found' },
        { op: 'update', outcome: 'replaced', key: four!.key, code: 'flow-replaced' },
      ],
    });
    expect((await flowsOf(app, 'mark=77')).map(({ key }) => key)).toEqual([two!.key]);
    expect(await flowsOf(app, 'src=10.0.0.4')).toHaveLength(1);
    expect(await flowsOf(app, 'proto=tcp')).toHaveLength(8);
  });

  test('a list of changes creates and upserts flows, and changes only the described connection', async () => {
    const app = testApp();
    const other = { ...newFlow, original: { ...newFlow.original, sport: 40001 } };
    const made = await change(app, [
      { op: 'create', flow: newFlow },
      { op: 'upsert', flow: { ...other, mark: 5 } },
    ]);
    expect(made.results).toMatchObject([{ outcome: 'done' }, { outcome: 'done', created: true }]);
    const keys = made.results.map(({ key }) => key);
    // The tuple of a translated connection, described without its translation.
    const translated = {
      protocol: 'tcp',
      original: { src: '10.0.0.1', dst: '198.51.100.7', sport: 40000, dport: 443 },
    };
    const again = await change(app, [
      { op: 'create', flow: newFlow },
      { op: 'upsert', flow: { ...other, mark: 6, timeout: 99 } },
      { op: 'upsert', flow: { ...translated, mark: 6, timeout: 9 } },
    ]);
    expect(again.results).toMatchObject([
      { outcome: 'exists', key: keys[0], code: 'flow-exists' },
      { outcome: 'done', created: false, key: keys[1] },
      { outcome: 'exists', code: 'flow-exists' },
    ]);
    const marked = await flowsOf(app, 'mark=6');
    expect(marked.map(({ key }) => key)).toEqual([keys[1]]);
    expect(marked[0]!.timeout).toBeGreaterThan(90);
  });

  test('a dry run of a list of changes changes nothing, and reports what would be done', async () => {
    const app = testApp({ table: tableOf(sample(), { protect: parseQuery('src=10.0.0.3').filter }) });
    const before = await flowsOf(app);
    const [one, two, three] = await flowsOf(app, 'proto=tcp');
    const changes = [
      { op: 'delete', key: one!.key },
      { op: 'update', key: two!.key, change: { mark: 9 } },
      { op: 'delete', key: three!.key },
      { op: 'create', flow: newFlow },
    ];
    const dry = await change(app, changes, { dryRun: true });
    expect(outcomes(dry)).toEqual(['ready', 'ready', 'protected', 'ready']);
    expect(dry).toMatchObject({ dryRun: true, counts: { ready: 3, done: 0, protected: 1 } });
    expect((await flowsOf(app)).map(({ key, mark }) => [key, mark])).toEqual(
      before.map(({ key, mark }) => [key, mark]),
    );
    expect(outcomes(await change(app, changes))).toEqual(['done', 'done', 'protected', 'done']);
    expect(await flowsOf(app, 'src=10.0.0.3')).toHaveLength(1);
    // An upsert of an existing flow, and one with a status that would be forbidden.
    const upserts = [
      { op: 'upsert', flow: newFlow },
      { op: 'upsert', flow: { ...newFlow, original: { ...newFlow.original, sport: 7 } } },
    ];
    expect((await change(app, upserts, { dryRun: true })).results).toMatchObject([
      { outcome: 'ready', created: false },
      { outcome: 'ready', created: true },
    ]);
  });

  test('a change that one flow does not accept fails for that flow only', async () => {
    const app = testApp();
    const [one, two] = await flowsOf(app, 'proto=tcp');
    const { results } = await change(app, [
      { op: 'update', key: one!.key, change: { status: ['DYING'] } },
      { op: 'update', key: two!.key, change: { mark: 3 } },
    ]);
    expect(results).toMatchObject([
      { outcome: 'failed', code: expect.any(String), detail: expect.stringMatching(/DYING/) },
      { outcome: 'done' },
    ]);
  });

  test('a list of changes needs the scope of each kind of change before any is made', async () => {
    const table = tableOf();
    const { key } = (await table.page({ limit: 1 })).items[0]!;
    const one = { op: 'delete', key };
    const cases: [string[], object, string][] = [
      [['flows:update', 'flows:create'], one, 'flows:delete'],
      [['flows:delete', 'flows:create'], { op: 'update', key, change: { mark: 1 } }, 'flows:update'],
      [['flows:update', 'flows:create'], { op: 'update', key, change: { status: ['FIXED_TIMEOUT'] } }, 'flows:delete'],
      [['flows:delete', 'flows:update'], { op: 'create', flow: newFlow }, 'flows:create'],
      [['flows:delete', 'flows:create'], { op: 'upsert', flow: newFlow }, 'flows:update'],
      [['flows:delete', 'flows:update'], { op: 'upsert', flow: newFlow }, 'flows:create'],
      [
        ['flows:update', 'flows:create'],
        { op: 'upsert', flow: { ...newFlow, status: ['FIXED_TIMEOUT'] } },
        'flows:delete',
      ],
    ];
    for (const [scopes, item, scope] of cases) {
      const app = testApp({ table, auth: withScopes(scopes as never) });
      const allowed = scopes.includes('flows:create')
        ? { op: 'create', flow: { ...newFlow, original: { ...newFlow.original, sport: 9 } } }
        : { op: 'update', key: 'ct1.AQAAAgYKAAABxjNkB5xAAbsAAAPp', change: { mark: 1 } };
      const refused = await app.request('/conntrack/changes', body({ changes: [allowed, item] }));
      expect(await problem(refused, 'scope-missing')).toMatchObject({ scope });
    }
    expect(await table.count()).toBe(12);
  });

  test('a list of changes of a token with a filter neither changes nor creates a flow outside of it', async () => {
    const table = tableOf();
    const all = (await table.page({ limit: 20 })).items;
    const token = { name: 'tenant', sha256: hashToken(TOKEN), scopes: SCOPES };
    const app = testApp({
      table,
      auth: { tokens: [{ ...token, filter: parseQuery('src=10.0.0.1&mark.lt=5').filter }] },
    });
    const mine = all.find(({ original, protonum }) => original.src === '10.0.0.1' && protonum === 6)!;
    const foreign = all.find(({ original }) => original.src === '10.0.0.2')!;
    const { packets: _, bytes: __, ...taken } = foreign.original;
    const changes = [
      { op: 'delete', key: foreign.key },
      { op: 'update', key: foreign.key, change: { mark: 1 } },
      { op: 'create', flow: newFlow },
      { op: 'upsert', flow: { protocol: 'tcp', original: taken, timeout: 60 } },
      { op: 'update', key: mine.key, change: { mark: 7 } },
      { op: 'upsert', flow: { ...newFlow, original: { ...newFlow.original, src: '10.0.0.1', sport: 7 } } },
    ];
    for (const dryRun of [true, false]) {
      const { results } = await change(
        app,
        changes.filter((_, i) => i !== 1),
        { dryRun },
      );
      expect(results).toMatchObject([
        { outcome: 'gone', code: 'not-found' },
        { outcome: 'failed', code: 'outside' },
        { outcome: 'failed', code: 'outside' },
        { outcome: 'failed', code: 'outside' },
        { outcome: dryRun ? 'ready' : 'done', created: true },
      ]);
      const update = await change(app, [changes[1]!], { dryRun });
      expect(outcomes(update)).toEqual(['gone']);
    }
    expect((await table.get(foreign.key!)).mark).toBe(foreign.mark);
    expect((await table.get(mine.key!)).mark).toBe(mine.mark);
    expect(await table.count()).toBe(13);
  });

  test('a list of changes leaves an intent and an audit line with kinds, flows and counts', async () => {
    const app = testApp();
    const [one] = await flowsOf(app, 'proto=tcp');
    await change(app, [
      { op: 'delete', key: one!.key },
      { op: 'create', flow: newFlow },
    ]);
    const asked = { operation: 'changeFlows', count: 2, ops: { delete: 1, create: 1, update: 0, upsert: 0 } };
    expect(app.lines).toMatchObject([
      { event: 'intent', ...asked, flows: [one!.key, newFlow.original] },
      { event: 'audit', ...asked, counts: { done: 2 } },
    ]);
    await change(app, [{ op: 'create', flow: newFlow }], { dryRun: true });
    expect(app.lines.slice(2)).toMatchObject([{ event: 'audit', dryRun: true, counts: { exists: 1 } }]);
  });

  test('a list of changes that is sent again with its Idempotency-Key is not made again', async () => {
    const app = testApp();
    const init = body({ changes: [{ op: 'create', flow: newFlow }] });
    const keyed = { ...init, headers: { 'content-type': 'application/json', 'idempotency-key': 'c' } };
    const first = await (await app.request('/conntrack/changes', keyed)).json();
    expect(await (await app.request('/conntrack/changes', keyed)).json()).toEqual(first);
  });

  test('all faults of a list of changes are reported at once, each with its place', async () => {
    const app = testApp();
    const [one] = await flowsOf(app, 'proto=tcp');
    const changes = [
      { op: 'delete', key: 'ct1.nonsense' },
      { op: 'drop', key: one!.key },
      { op: 'delete', key: one!.key, change: {} },
      { op: 'update', key: one!.key, change: { timeout: 0 } },
      { op: 'upsert', flow: { ...newFlow, timeout: 0 } },
      { op: 'upsert', flow: { ...newFlow, helper: 'ftp' } },
      { op: 'create', flow: { ...newFlow, original: { ...newFlow.original, src: 'x' } } },
      null,
      { op: 'update', key: one!.key, change: { mark: 1 } },
      { op: 'delete', key: one!.key },
    ];
    const { errors } = await problem(await app.request('/conntrack/changes', body({ changes })), 'body-invalid');
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/changes/0/key',
      '/changes/1/op',
      '/changes/2/change',
      '/changes/3/change/timeout',
      '/changes/4/flow/timeout',
      '/changes/5/flow/helper',
      '/changes/6/flow/original/src',
      '/changes/7/op',
      '/changes/9',
    ]);
    expect(await flowsOf(app)).toHaveLength(12);
  });

  test('a list with far too many elements is rejected before it is parsed', async () => {
    const text = `{"changes":[${'1,'.repeat(20_000)}1]}`;
    const answer = await problem(await testApp().request('/conntrack/changes', body(text)), 'json-malformed');
    expect(answer.detail).toMatch(/more than 20000 elements/);
    const fewer = `{"changes":[${'1,'.repeat(19_999)}1]}`;
    await problem(await testApp().request('/conntrack/changes', body(fewer)), 'body-invalid');
  });

  test('a list of changes must have 1 to 1000 changes', async () => {
    const items = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        op: 'create',
        flow: { ...newFlow, original: { ...newFlow.original, sport: 1 + i } },
      }));
    for (const count of [0, 1001])
      await problem(await testApp().request('/conntrack/changes', body({ changes: items(count) })), 'body-invalid');
    expect(await change(testApp(), items(1000))).toMatchObject({ counts: { done: 1000 } });
    const app = testApp({ limits: { maxAffected: 5 } });
    await problem(await app.request('/conntrack/changes', body({ changes: items(6) })), 'too-many-affected');
  });

  test('a list of changes stops when the table fails, and reports what was done', async () => {
    const app = testApp({ table: failingAfter(2) });
    const items = Array.from({ length: 5 }, (_, i) => ({
      op: 'create',
      flow: { ...newFlow, original: { ...newFlow.original, sport: 1 + i } },
    }));
    const answer = await problem(await app.request('/conntrack/changes', body({ changes: items })), 'source-failed');
    expect(answer).toMatchObject({
      detail: expect.stringMatching(/3 of 5 changes were not attempted/),
      result: { counts: { done: 2 }, results: [{ outcome: 'done' }, { outcome: 'done' }] },
    });
    expect(app.lines.filter(({ event }) => event === 'audit')).toMatchObject([
      { outcome: 'source-failed', counts: { done: 2 } },
    ]);
  });
});
