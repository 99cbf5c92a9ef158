import type { Flow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { SCOPES } from '../../src/index.js';
import { body, problem, testApp, withScopes } from '../support.js';

interface Answer {
  items: Flow[];
  groups: { by: string; items: { group: string; value: number }[] }[];
  counts: Record<string, number>;
  meta: { scanned: number; matched: number; more: number; time: string; filter: string };
}

const PATH = '/conntrack/overview';

test('an overview has the same rows, groups and counts as single requests', async () => {
  const app = testApp();
  const asked = {
    filter: 'proto == tcp',
    sort: '-bytes',
    limit: 3,
    groups: [{ by: 'src', metric: 'bytes', k: 2 }, { by: 'state' }],
    counts: { established: 'state=ESTABLISHED', none: 'proto == udp' },
  };
  const { items, groups, counts, meta } = await app.json<Answer>(PATH, body(asked));
  const list = await app.json<Answer>('/conntrack?proto=tcp&sort=-bytes&limit=3');
  expect(items).toEqual(list.items);
  expect(meta).toMatchObject({ matched: list.meta.matched, more: list.meta.more, filter: 'proto=tcp' });
  expect(Math.abs(Date.parse(meta.time) - Date.now())).toBeLessThan(60_000);
  const top = await app.json<Answer>('/conntrack/top?proto=tcp&by=src&metric=bytes&k=2');
  expect(groups[0]!.items).toEqual(top.items);
  expect(groups[1]!.by).toBe('state');
  const established = await app.json<{ count: number }>('/conntrack/count?proto=tcp&state=ESTABLISHED');
  expect(counts).toEqual({ established: established.count, none: 0 });
});

test('an overview with an offset has the rows of the list with it', async () => {
  const { items, meta } = await testApp().json<Answer>(PATH, body({ sort: 'mark', offset: 5, limit: 4 }));
  const list = await testApp().json<Answer>('/conntrack?sort=mark&offset=5&limit=4');
  expect(items).toEqual(list.items);
  expect(meta).toMatchObject({ matched: 12, more: 3 });
});

test('an overview without a filter is about all flows, and `fields` limits the members of its rows', async () => {
  const { items, meta } = await testApp().json<Answer>(PATH, body({ limit: 2, fields: 'src,state' }));
  expect(meta).toMatchObject({ matched: 12, more: 10, filter: '' });
  expect(items.map(flow => Object.keys(flow).filter(name => name !== 'state'))).toEqual([['original'], ['original']]);
});

test('an overview reports all faults of its request at once', async () => {
  const asked = {
    filter: 'colour == red',
    sort: 'weight',
    fields: 'smell',
    groups: [{ by: 'colour' }, { by: 'src', metric: 'distinct' }, { by: 'src', k: 0 }],
    counts: { bad: 'dport=x' },
  };
  const { errors } = await problem(await testApp().request(PATH, body(asked)), 'filter-invalid');
  expect(new Set(errors.map(({ pointer }) => pointer))).toEqual(
    new Set(['/filter', '/sort', '/fields', '/groups/0/by', '/groups/1/distinct', '/groups/2/k', '/counts/bad']),
  );
});

test.each([
  { limit: 10_001 },
  { limit: -1 },
  { cursor: 'x' },
  { offset: -1 },
  { groups: [{}] },
  { groups: Array.from({ length: 9 }, () => ({ by: 'src' })) },
  { counts: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [i, 'proto=tcp'])) },
])('an invalid request for an overview is rejected: %j', async asked => {
  await problem(await testApp().request(PATH, body(asked)), 'body-invalid');
});

test('the number of groups of an overview is limited by the length of the filter that each group repeats', async () => {
  const filter = `mark=${Array.from({ length: 5000 }, (_, i) => 2 * i).join()}`;
  const groups = [{ by: 'src', k: 600 }];
  const { detail } = await problem(
    await testApp().request('/conntrack/top', body({ filter, ...groups[0] })),
    'parameter-invalid',
  );
  const { errors } = await problem(await testApp().request(PATH, body({ filter, groups })), 'body-invalid');
  expect(errors).toMatchObject([{ pointer: '/groups/0/k', message: detail }]);
});

test('an overview needs the scope flows:read', async () => {
  const app = testApp({ auth: withScopes(SCOPES.filter(scope => scope !== 'flows:read')) });
  await problem(await app.request(PATH, body({})), 'scope-missing');
});

test('a count can have any name', async () => {
  const app = testApp();
  const asked = '{"counts":{"a/b~c":"proto=tcp","":"proto=udp","__proto__":"proto=tcp","constructor":"proto=tcp"}}';
  const { counts } = await app.json<Answer>(PATH, body(asked));
  expect(Object.entries(counts)).toEqual([
    ['a/b~c', 10],
    ['', expect.any(Number)],
    ['__proto__', 10],
    ['constructor', 10],
  ]);
  for (const wrong of ['"colour=red"', '3', 'null']) {
    const answer = await app.request(PATH, body(`{"counts":{"__proto__":${wrong}}}`));
    expect((await problem(answer, 'filter-invalid')).errors[0]).toMatchObject({ pointer: '/counts/__proto__' });
  }
});
