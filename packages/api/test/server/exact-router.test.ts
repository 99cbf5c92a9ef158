import { ConntrackTable, MemorySource } from '@conntrack/table';
import { UnsupportedPathError } from 'hono/router';
import { TrieRouter } from 'hono/router/trie-router';
import { expect, test } from 'vitest';
import { createApp, type Principal, SCOPES } from '../../src/index.js';
import { namespaced } from '../../src/operations/namespaced.js';
import { OPERATIONS } from '../../src/operations/operations.js';
import { ExactRouter } from '../../src/server/exact-router.js';

const routes = [...OPERATIONS, ...namespaced(OPERATIONS)].map(({ id, method, path }) => ({
  id,
  method: method.toUpperCase(),
  path: path.replaceAll(/\{(\w+)\}/g, ':$1'),
}));

/** The handler and the parameters that a router finds, in one form for all routers. */
function found(router: ExactRouter<string> | TrieRouter<string>, method: string, path: string): unknown {
  const [[match] = []] = router.match(method, path);
  return match && { id: match[0], params: { ...match[1] } };
}

test("the exact router finds the same handlers as Hono's general router for every operation", () => {
  const exact = new ExactRouter<string>();
  const general = new TrieRouter<string>();
  for (const { id, method, path } of routes) for (const router of [exact, general]) router.add(method, path, id);
  const paths = [...new Set(routes.map(({ path }) => path))].flatMap(path => {
    const filled = path.replaceAll(/:(\w+)/g, 'a.b-$1%20');
    return [filled, `${filled}/`, `${filled}/more`, filled.slice(0, -1), `/x${filled}`];
  });
  for (const method of new Set(routes.map(each => each.method)))
    for (const path of [...paths, '/', '', '/conntrack//', '/conntrackx'])
      expect([method, path, found(exact, method, path)]).toEqual([method, path, found(general, method, path)]);
});

test('the exact router rejects paths that it cannot distinguish', () => {
  const router = new ExactRouter<string>();
  router.add('GET', '/a/:key', 'key');
  router.add('GET', '/b', 'b');
  for (const path of ['/a/fixed', '/b', '/a/:other', '/a/*', '/c/:key{[0-9]+}', '/c/:key?'])
    expect(() => router.add('GET', path, 'again'), path).toThrow(UnsupportedPathError);
  expect(() => router.add('ALL', '/d', 'all')).toThrow(UnsupportedPathError);
});

test('middleware can be added to an application, whose routes are then found by another router', async () => {
  const fallback: Principal = { name: 'me', scopes: SCOPES };
  const app = createApp({ table: new ConntrackTable(new MemorySource()), auth: { tokens: [], fallback } });
  app.get('/own/*', c => c.text('own'));
  expect(await (await app.request('/own/page')).text()).toBe('own');
  expect((await app.request('/conntrack/count')).status).toBe(200);
  expect((await app.request('/conntrack/ct1.none')).status).toBe(400);
});
