import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ConntrackClient } from '@conntrack/client';
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { type AppOptions, createApp, hashToken, SCOPES, serve } from '../../src/index.js';
import { body, newFlow, newPlan, TOKEN, tableOf, testApp } from '../support.js';

const BASE = '/ct';
const options = (): AppOptions => ({
  table: tableOf(),
  basePath: BASE,
  auth: { tokens: [{ name: 'tester', sha256: hashToken(TOKEN), scopes: SCOPES }] },
});
type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const ways: [string, () => { request(path: string, init?: RequestInit): Response | Promise<Response> }][] = [
  ['where the proxy leaves the base path', () => createApp(options())],
  ['below app.route', () => new Hono().route(BASE, createApp(options()))],
  ['below app.mount', () => new Hono().mount(BASE, createApp(options()).fetch)],
];

describe.each(ways)('%s', (_, make) => {
  const app = make();
  const ask: Ask = async (path, init = {}) =>
    app.request(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${TOKEN}` } });

  test('every link in a response has the base path and works', async () => {
    const made = await ask('/ct/conntrack', body(newFlow));
    expect(made.headers.get('location')).toMatch(/^\/ct\/conntrack\/ct1\./);
    expect((await ask(made.headers.get('location')!)).status).toBe(200);
    const { execute } = (await (await ask('/ct/conntrack/plans', body(newPlan))).json()) as { execute: string };
    expect(execute).toMatch(/^\/ct\/conntrack\/plans\//);
    expect((await ask(execute, { method: 'POST' })).status).toBe(200);
    const dryRun = await ask('/ct/conntrack?proto=udp&dryRun=true', { method: 'DELETE' });
    expect(await dryRun.json()).toMatchObject({ plan: { execute: expect.stringMatching(/^\/ct\//) } });
    const problem = (await (await ask('/ct/conntrack?dprot=1')).json()) as { type: string };
    expect(problem.type).toBe('/ct/problems/filter-invalid');
    expect((await ask(problem.type)).status).toBe(200);
    expect(await (await ask('/ct/netns')).json()).toEqual({ items: [{ name: '.', path: '/ct' }] });
  });

  test('the index, the reference page and the OpenAPI document have the base path', async () => {
    for (const [, target] of (await (await ask('/ct')).text()).matchAll(/'http:\/\/[^/']+([^'?]*)/g))
      expect(target).toMatch(/^\/ct\//);
    const { servers } = (await (await ask('/ct/openapi.json')).json()) as { servers: object[] };
    expect(servers).toEqual([{ url: '/ct' }]);
    const page = await (await ask('/ct/docs')).text();
    const [, script] = /src="([^"]+)"/.exec(page)!;
    const [, document] = /"url":"([^"]+)"/.exec(page)!;
    for (const [target, path] of [
      [script!, '/ct/docs/reference.js'],
      [document!, '/ct/openapi.json'],
    ] as const) {
      expect(new URL(target, 'http://x/ct/docs').pathname).toBe(path);
      expect((await ask(path)).status).toBe(200);
    }
  });
});

test('a proxy may remove the base path, and paths that only begin like it are not found', async () => {
  const app = testApp({ basePath: BASE });
  expect((await app.request('/livez')).status).toBe(200);
  expect((await app.request('/ct/livez')).status).toBe(200);
  expect((await app.request('/ct/')).status).toBe(200);
  expect(await (await app.request('/conntrack?dprot=1')).json()).toMatchObject({ type: '/ct/problems/filter-invalid' });
  expect((await app.request('/ct/conntrack/count', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD');
  for (const path of ['/ctx/livez', '/ct/ct/livez', '/other/livez'])
    expect((await app.request(path)).status, path).toBe(404);
});

test.each(['ct', '/ct/', '/', '/c t', '/a//b', '/a/../b', '/%2e'])("'%s' is rejected as a base path", basePath => {
  expect(() => testApp({ basePath })).toThrow(TypeError);
});

test('a server uses its base path also in errors of the HTTP parser, and the client accepts it in its URL', async () => {
  await using server = await serve({ table: tableOf(), basePath: BASE, listen: '127.0.0.1:0', anonymous: 'read' });
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('no HTTP at all\r\n\r\n');
  expect(await text(socket)).toContain('"type":"/ct/problems/request-malformed"');
  expect(await new ConntrackClient({ url: `${server.url}/ct` }).count()).toBe(12);
});
