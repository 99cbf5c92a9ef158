import { parseExpression } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { describe, expect, test } from 'vitest';
import { body, problem, testApp } from '../support.js';

interface List {
  items: Flow[];
  next: string | null;
  meta: { filter: string; matched: number };
}

const FORM = 'application/x-www-form-urlencoded';
const QUERY = 'proto=tcp&dport=443,80&sort=-sport&limit=3';

describe.each([
  ['POST', '/conntrack/search'],
  ['QUERY', '/conntrack'],
] as const)('%s %s', (method, path) => {
  const send = (value: unknown, type?: string) => body(value, method, type);

  test('an expression, a query string, a filter object and a form give the same list', async () => {
    const app = testApp();
    const expected = await app.json<List>(`/conntrack?${QUERY}`);
    expect(expected.items).toHaveLength(3);
    const rest = { sort: '-sport', limit: 3 };
    const { filter } = parseExpression('proto == tcp and dport in {443, 80}');
    for (const request of [
      send({ filter: 'proto == tcp and dport in {443, 80}', ...rest }),
      send({ filter: 'proto=tcp&dport=443,80', sort: ['-sport'], limit: '3' }),
      send({ filter, ...rest }),
      send(QUERY, FORM),
    ])
      expect(await app.json<List>(path, request)).toEqual(expected);
  });

  test('a search has pages by cursor, and the formats of a list', async () => {
    const app = testApp();
    const first = await app.json<List>(path, send({ filter: 'proto == tcp', limit: 4 }));
    const rest = await app.json<List>(path, send({ filter: 'proto == tcp', cursor: first.next }));
    expect(first.items.length + rest.items.length).toBe(first.meta.matched);
    const response = await app.request(path, send({ filter: 'all', format: 'csv', fields: 'src,dst' }));
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(await response.text()).toMatch(/^src,dst\r?\n/);
  });

  test('a search accepts more values than a URL can have', async () => {
    const sources = Array.from({ length: 9000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    const { meta } = await testApp().json<List>(path, send({ filter: `src in {${sources.join(', ')}}` }));
    expect(meta.matched).toBeGreaterThan(0);
  });

  test.each([
    ['no filter', {}, 'body-invalid', '/filter'],
    ['a filter that is none', { filter: 3 }, 'body-invalid', '/filter'],
    ['an unknown field', { filter: 'dprot == 443' }, 'filter-invalid', '/filter'],
    ['half of a surrogate pair', { filter: 'helper == a\ud800b' }, 'json-malformed', '/filter'],
    ['U+0000 in a filter', { filter: 'helper == "a\u0000b"' }, 'json-malformed', '/filter'],
    ['half of a surrogate pair in a name', { filter: 'all', 'a\udfff': 1 }, 'json-malformed', '/a\udfff'],
    ['a bad limit', { filter: 'all', limit: 0 }, 'body-invalid', '/limit'],
    ['an unknown member', { filter: 'all', offst: 3 }, 'body-invalid', '/offst'],
    ['a node of no kind', { filter: { kind: 'nand', terms: [] } }, 'body-invalid', '/filter'],
    ['an `and` of nothing', { filter: { kind: 'and', terms: [] } }, 'filter-invalid', '/filter'],
    [
      'a test with a foreign value',
      {
        filter: { kind: 'not', term: { kind: 'test', field: 'src', op: 'eq', values: [{ type: 'number', value: 1 }] } },
      },
      'filter-invalid',
      '/filter/term',
    ],
    ['a member too many', { filter: { kind: 'not', term: { kind: 'all' }, x: 1 } }, 'filter-invalid', '/filter'],
    ['an event-only field', { filter: 'event == new' }, 'filter-invalid', '/filter'],
  ] as const)('a search with %s is a fault with its pointer', async (_, value, code, pointer) => {
    const { errors } = await problem(await testApp().request(path, send(value)), code);
    expect(errors.map(error => error.pointer)).toContain(pointer);
  });

  test('a filter with words that people often type first is a fault with a suggestion', async () => {
    const { errors } = await problem(
      await testApp().request(path, send({ filter: 'tcp and 192.0.2.1' })),
      'filter-invalid',
    );
    expect(errors.map(error => error.suggestions)).toEqual([['proto == tcp'], ['addr == 192.0.2.1']]);
    const query = await problem(await testApp().request('/conntrack?state=UNREPLIED&ip=192.0.2.1'), 'filter-invalid');
    expect(query.errors.map(error => error.suggestions)).toEqual([['unreplied'], ['addr']]);
  });

  test('a filter of any depth is answered at once', async () => {
    const nest = (depth: number): string =>
      depth === 0 ? '{"kind":"all"}' : `{"kind":"and","terms":[${nest(depth - 1)},${nest(0)}]}`;
    // If each level were checked twice, 2^30 checks would never end.
    await problem(await testApp().request(path, send(`{"filter":${nest(30)}}`)), 'filter-invalid');
    const deep = `{"filter":${'{"kind":"not","term":'.repeat(30_000)}{"kind":"all"}${'}'.repeat(30_001)}`;
    await problem(await testApp().request(path, send(deep)), 'json-malformed');
  });

  test('a search with another media type is rejected with the available ones', async () => {
    const response = await testApp().request(path, send('proto == tcp', 'text/plain'));
    expect(response.headers.get('accept')).toContain(FORM);
    await problem(response, 'media-type-unsupported');
  });
});
