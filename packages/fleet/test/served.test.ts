import { createApp, hashToken, SCOPES } from '@conntrack/api';
import { ConntrackClient } from '@conntrack/client';
import type { Flow } from '@conntrack/flow';
import { expect, test } from 'vitest';
import { type FleetOptions, ServedFleet } from '../src/index.js';
import { failing, filter, fleetOf, flowOf, flows, httpNode, type NodeOptions, silence } from './support.js';

const ADMIN = 'the-admin-of-the-hub-with-all-scopes';
const TENANT = 'a-tenant-of-the-hub-who-sees-port-80';

/** A hub over two nodes with 10 flows each, with its log. */
function hubOf(second: NodeOptions = {}, options: Partial<FleetOptions> = {}) {
  const nodes = [httpNode('gw-1', flows(10)), httpNode('gw-2', flows(10), second)];
  const fleet = fleetOf(
    nodes.map(({ member }) => member),
    options,
  );
  const lines: Record<string, unknown>[] = [];
  const app = createApp({
    table: new ServedFleet(fleet),
    auth: {
      tokens: [
        { name: 'admin', sha256: hashToken(ADMIN), scopes: SCOPES },
        { name: 'tenant', sha256: hashToken(TENANT), scopes: SCOPES, filter: filter('dport=80') },
      ],
    },
    hosts: { names: ['hub'] },
    log: line => lines.push(line as Record<string, unknown>),
  });
  const request = (path: string, init: RequestInit = {}, token = ADMIN): Promise<Response> =>
    Promise.resolve(
      app.request(`http://hub${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } }),
    );
  const client = (token = ADMIN): ConntrackClient =>
    new ConntrackClient({
      url: 'http://hub',
      token,
      retry: false,
      fetch: async (input, init) => app.fetch(new Request(input, init)),
    });
  return { nodes, lines, request, client };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are compared member by member
const json = async (response: Response): Promise<any> => response.json();

const WHOLE = { asked: 2, answered: 2, silent: [], failed: [] };
const SILENT = { asked: 2, answered: 1, silent: ['gw-2'], failed: [] };

test('a server of a fleet answers as that of one host, with the node of each flow and who answered', async () => {
  const { request, client } = hubOf();
  const page = await json(await request('/conntrack?dport=80&limit=3&sort=-node,src&fields=node,key,src'));
  expect(page.meta).toMatchObject({ matched: 10, more: 7, fleet: WHOLE });
  expect(page.items[0]).toMatchObject({
    node: 'gw-2',
    key: expect.stringMatching(/^gw-2\.ct1\./),
    original: { src: expect.any(String) },
  });
  expect(await json(await request('/conntrack/count?node=gw-1'))).toMatchObject({ count: 10, fleet: { asked: 1 } });
  const csv = await (await request('/conntrack?format=csv&fields=node,sport&limit=20')).text();
  expect(csv.split('\n').filter(line => line.startsWith('gw-2,'))).toHaveLength(10);
  const lines = (await (await request('/conntrack?format=ndjson')).text())
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toMatchObject({ type: 'end', matched: 20, fleet: WHOLE });
  const top = await client().top(undefined, { by: 'node', metric: 'bytes' });
  expect(top.items.map(({ group }) => group).sort()).toEqual(['gw-1', 'gw-2']);
  expect(top.meta.fleet).toEqual(WHOLE);
  const key = page.items[0].key as string;
  expect((await client().get(key)).key).toBe(key);
  expect(await json(await request('/stats'))).toMatchObject({
    count: 20,
    nodes: { 'gw-1': { count: 10 } },
    fleet: WHOLE,
  });
  expect(await json(await request('/capabilities'))).toMatchObject({ source: { kind: 'fleet' }, fleet: WHOLE });
});

test('every answer of a server names a silent node, and a list that cannot say so is cut', async () => {
  const { request } = hubOf({ wire: silence }, { deadline: 200 });
  expect((await json(await request('/conntrack?limit=3'))).meta.fleet).toEqual(SILENT);
  expect((await json(await request('/conntrack/count'))).fleet).toEqual(SILENT);
  expect((await json(await request('/conntrack/top?by=src'))).meta.fleet).toEqual(SILENT);
  const ndjson = (await (await request('/conntrack?format=ndjson')).text()).trim().split('\n');
  expect(JSON.parse(ndjson.at(-1)!)).toMatchObject({ type: 'end', fleet: SILENT });
  await expect(request('/conntrack?format=plain').then(response => response.text())).rejects.toThrow();
  const refused = await request('/conntrack?dport=80', { method: 'DELETE' });
  expect((await json(refused)).detail).toMatch(/no answer from gw-2; nothing was changed/);
});

test('a change of a fleet over HTTP says what each node did, and the audit lines of hub and nodes have one request id', async () => {
  const { nodes, lines, client, request } = hubOf();
  const plan = await client().plan('dport=80', 'delete');
  expect(plan).toMatchObject({
    count: 10,
    nodes: [
      { node: 'gw-1', count: 5 },
      { node: 'gw-2', count: 5 },
    ],
    fleet: WHOLE,
  });
  const result = await (
    await request(`/conntrack/plans/${plan.id}/execute`, {
      method: 'POST',
      headers: { 'x-request-id': 'incident-4711' },
    })
  ).json();
  expect(result).toMatchObject({
    deleted: 10,
    nodes: [
      { node: 'gw-1', state: 'done', changed: 5 },
      { node: 'gw-2', state: 'done', changed: 5 },
    ],
  });
  const executed = (own: Record<string, unknown>[]) =>
    own
      .filter(({ requestId, deleted }) => requestId === 'incident-4711' && deleted !== undefined)
      .map(({ deleted }) => deleted);
  expect(executed(lines)).toEqual([10]);
  expect(nodes.map(node => executed(node.lines))).toEqual([[5], [5]]);
  const one = (await client().page('node=gw-1', { limit: 1 })).items[0]!;
  await request(`/conntrack/${one.key}`, { method: 'DELETE', headers: { 'x-request-id': 'incident-4712' } });
  expect(nodes[0]!.lines.filter(({ requestId }) => requestId === 'incident-4712')).not.toEqual([]);
  expect(nodes[1]!.lines.filter(({ requestId }) => requestId === 'incident-4712')).toEqual([]);
});

test('a caller of the hub with a filter sees and changes its own flows only, on every node', async () => {
  const { client, nodes } = hubOf();
  const tenant = client(TENANT);
  expect(await tenant.count()).toBe(10);
  const foreign = (await client().page('dport=443', { limit: 1 })).items[0]!;
  expect(await failing(tenant.get(foreign.key!))).toMatchObject({ code: 'not-found' });
  expect(await failing(tenant.delete(foreign.key!))).toMatchObject({ code: 'not-found' });
  expect(await failing(tenant.flush())).toMatchObject({ status: 403 });
  expect(await failing(tenant.stats())).toMatchObject({ code: 'outside' });
  expect((await tenant.changes([{ op: 'delete', key: foreign.key! }])).results).toMatchObject([{ outcome: 'gone' }]);
  expect(await tenant.deleteMany('family=ipv4')).toMatchObject({ deleted: 10 });
  expect(await Promise.all(nodes.map(({ table }) => table.count({ filter: filter('dport=443') })))).toEqual([5, 5]);
});

test('each node checks token, scopes, filter and expiry itself, and a refusal is named with its code', async () => {
  const refusedBy = async (second: NodeOptions): Promise<unknown> => {
    const { request } = hubOf(second);
    return (await json(await request('/conntrack?limit=3'))).meta.fleet.failed.map(
      ({ node, code }: Record<string, string>) => [node, code],
    );
  };
  expect(await refusedBy({ scopes: ['stats:read'] })).toEqual([['gw-2', 'scope-missing']]);
  expect(await refusedBy({ member: { token: 'a-stolen-token-of-another-node-00' } })).toEqual([
    ['gw-2', 'unauthenticated'],
  ]);
  expect(await refusedBy({ expires: new Date(Date.now() - 1000) })).toEqual([['gw-2', 'unauthenticated']]);
  // The filter of the token at the node limits what the hub sees and changes there, whatever the hub asks.
  const { client, nodes } = hubOf({ limit: filter('mark=1') });
  const own = flows(10).filter(({ mark }) => mark === 1).length;
  expect(await client().count('node=gw-2')).toBe(own);
  expect(await client().deleteMany('node=gw-2&family=ipv4')).toMatchObject({ deleted: own });
  expect(await nodes[1]!.table.count()).toBe(10 - own);
  const { client: readers, nodes: kept } = hubOf({ scopes: ['flows:read'] });
  expect((await failing(readers().deleteMany('dport=80'))).message).toMatch(
    /errors from gw-2 \(scope-missing\); nothing was changed/,
  );
  expect(await kept[0]!.table.count()).toBe(10);
});

test('the events of all nodes are one stream, with the node of each flow', async () => {
  const { client, nodes } = hubOf();
  const leave = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const record of client().watch('dport=80', { initial: true, signal: leave.signal })) {
      seen.push('flow' in record ? `${record.type} ${(record.flow as Flow).node}` : record.type);
      if (seen.length > 100) break;
    }
  })().catch(() => {});
  await expect.poll(() => seen.filter(each => each.startsWith('snapshot')).length).toBe(10);
  await expect.poll(() => seen).toContain('bookmark');
  const { id: _, protocol: __, use: ___, ...made } = flowOf(501);
  const { packets: _p, bytes: _b, ...original } = made.original;
  const { packets: _q, bytes: _c, ...reply } = made.reply;
  await nodes[1]!.table.create({ family: 'ipv4', protonum: 6, original, reply, timeout: 60, state: 'ESTABLISHED' });
  await expect.poll(() => seen).toContain('new gw-2');
  await nodes[0]!.table.deleteMany(filter('dport=80'));
  await expect.poll(() => seen.filter(each => each === 'destroy gw-1').length).toBe(5);
  leave.abort();
  await watching;
});
