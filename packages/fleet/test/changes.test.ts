import type { TableError } from '@conntrack/flow/table';
import { expect, test } from 'vitest';
import { all, failing, filter, fleetOf, flows, httpNode, type NodeOptions, silence } from './support.js';

const DEADLINE = 300;
const isExecute = ({ url }: Request): boolean => url.endsWith('/execute');

/** Three nodes with 20, 30 and 10 flows, and what happens on the way to the second one. */
function three(second: NodeOptions = {}) {
  const nodes = [httpNode('gw-1', flows(20)), httpNode('gw-2', flows(30), second), httpNode('gw-3', flows(10))];
  const members = nodes.map(({ member }) => member);
  const left = (): Promise<number[]> => Promise.all(nodes.map(({ table }) => table.count()));
  return { nodes, members, left };
}

const executions = (nodes: ReturnType<typeof three>['nodes']): number[] =>
  nodes.map(({ requests }) => requests.filter(isExecute).length);

test('a plan shows count, breakdown and sample of all nodes, and its execution says what each node did', async () => {
  const { members, left, nodes } = three();
  const plan = await fleetOf(members).plan(filter('dport=80'), 'delete');
  expect(plan).toMatchObject({ count: 30, matched: 30, refusal: undefined, breakdown: { 'tcp ESTABLISHED': 30 } });
  expect(plan.nodes).toEqual([
    { node: 'gw-1', count: 10 },
    { node: 'gw-2', count: 15 },
    { node: 'gw-3', count: 5 },
  ]);
  expect(plan.filters).toEqual([{ filter: 'dport=80', matched: 30 }]);
  expect(plan.sample).toHaveLength(30);
  expect(plan.sample.slice(0, 4).map(({ node, key }) => [node, key!.startsWith(`${node}.ct1.`)])).toEqual([
    ['gw-1', true],
    ['gw-2', true],
    ['gw-3', true],
    ['gw-1', true],
  ]);
  expect(await left()).toEqual([20, 30, 10]);
  const result = await plan.execute();
  expect(result).toMatchObject({ matched: 30, changed: 30, gone: 0, failed: 0, skipped: 0, notAttempted: 0 });
  expect(result.nodes!.map(({ node, state, changed }) => [node, state, changed])).toEqual([
    ['gw-1', 'done', 10],
    ['gw-2', 'done', 15],
    ['gw-3', 'done', 5],
  ]);
  expect(await left()).toEqual([10, 15, 5]);
  expect(await failing(plan.execute())).toMatchObject({ code: 'PLAN_USED' });
  expect(executions(nodes)).toEqual([1, 1, 1]);
});

test('filters with tests of the node are counted on the nodes that they are about', async () => {
  const { members } = three();
  const asked = [filter('node=gw-1&mark=1'), filter('mark=2'), filter('node!=gw-1&mark=3')];
  const plan = await fleetOf(members).plan(asked, 'delete');
  const counts = await Promise.all(asked.map(each => fleetOf(members).count({ filter: each })));
  expect(plan.filters.map(({ matched }) => matched)).toEqual(counts);
  expect(plan.count).toBe(counts.reduce((sum, each) => sum + each));
  const { changed } = await plan.execute();
  expect(changed).toBe(plan.count);
  expect(await fleetOf(members).count({ filter: filter('node=gw-1&mark=3') })).toBe(3);
});

test('the limits of a change are those of all nodes together, and of each node', async () => {
  const { members, left } = three();
  const refused = async (options: object, own: object = {}): Promise<TableError> =>
    failing<TableError>(fleetOf(members, own).deleteMany(filter('family=ipv4'), options));
  expect(await refused({ maxAffected: 59 })).toMatchObject({ code: 'TOO_MANY_AFFECTED', details: { matched: 60 } });
  expect(await refused({ expect: 59 })).toMatchObject({ code: 'EXPECT_MISMATCH' });
  expect((await refused({}, { maxPerNode: 29 })).message).toMatch(
    /^gw-2: 30 flows match and at most 29 can be changed/,
  );
  expect(await left()).toEqual([20, 30, 10]);
  expect(await fleetOf(members).deleteMany(filter('family=ipv4'), { expect: 60, dryRun: true })).toMatchObject({
    dryRun: true,
    changed: 0,
    matched: 60,
  });
  expect(await left()).toEqual([20, 30, 10]);
  expect(await fleetOf(members, { maxPerNode: 30 }).deleteMany(filter('family=ipv4'), { expect: 60 })).toMatchObject({
    changed: 60,
  });
  expect(await left()).toEqual([0, 0, 0]);
});

test('a change without a condition on flows is refused, even if it names a node', async () => {
  const { members, left } = three();
  for (const query of ['', 'node=gw-1', 'node!=gw-2', 'filter=node exists'])
    expect(await failing(fleetOf(members).deleteMany(filter(query)))).toMatchObject({ code: 'FILTER_REQUIRED' });
  expect(await left()).toEqual([20, 30, 10]);
});

test('a plan is refused while a node is silent, and made without it if one may be missing', async () => {
  const { members, left } = three({ wire: silence });
  const begun = performance.now();
  const error = await failing<TableError>(fleetOf(members, { deadline: DEADLINE }).deleteMany(filter('dport=80')));
  expect(performance.now() - begun).toBeLessThan(DEADLINE * 5);
  expect(error.message).toMatch(/^no answer from gw-2; nothing was changed/);
  expect(await left()).toEqual([20, 30, 10]);
  const fleet = fleetOf(members, { deadline: DEADLINE, allowMissing: 1 });
  expect(await fleet.deleteMany(filter('dport=80'))).toMatchObject({ changed: 15 });
  expect(fleet.meta()).toEqual({ asked: 3, answered: 2, silent: ['gw-2'], failed: [] });
  expect(await left()).toEqual([10, 30, 5]);
});

test('a node that is killed between plan and execution is named, the others change their flows, and nothing hangs', async () => {
  let isKilled = false;
  const { members, left, nodes } = three({
    wire: async (_, next) => {
      if (isKilled) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      return next();
    },
  });
  const plan = await fleetOf(members, { deadline: DEADLINE }).plan(filter('dport=80'), 'delete');
  isKilled = true;
  const result = await plan.execute();
  expect(result).toMatchObject({ changed: 15, notAttempted: 15 });
  expect(result.nodes).toMatchObject([
    { node: 'gw-1', state: 'done', changed: 10 },
    { node: 'gw-2', state: 'unknown', count: 15, code: 'connection-failed' },
    { node: 'gw-3', state: 'done', changed: 5 },
  ]);
  expect(await left()).toEqual([10, 30, 5]);
  // A repeat is safe: it changes what is left, and nothing twice.
  isKilled = false;
  expect(await fleetOf(members).deleteMany(filter('dport=80'))).toMatchObject({ changed: 15 });
  expect(await left()).toEqual([10, 15, 5]);
  expect(executions(nodes)).toEqual([1, 2, 1]);
});

test('a node that is silent during the execution costs the deadline and is named as a straggler', async () => {
  const { members, nodes } = three({ wire: (request, next) => (isExecute(request) ? silence() : next()) });
  const plan = await fleetOf(members, { deadline: DEADLINE }).plan(filter('dport=80'), 'delete');
  const begun = performance.now();
  const result = await plan.execute();
  expect(performance.now() - begun).toBeLessThan(DEADLINE * 5);
  expect(result.nodes![1]).toMatchObject({ node: 'gw-2', state: 'unknown', count: 15 });
  expect(result).toMatchObject({ changed: 15, notAttempted: 15 });
  expect(executions(nodes)).toEqual([1, 1, 1]);
});

test('an answer that is lost after the execution is read from the record of the node, and the plan is not executed twice', async () => {
  const { members, left, nodes } = three({
    wire: async (request, next) => {
      const response = await next();
      if (isExecute(request)) throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
      return response;
    },
  });
  const plan = await fleetOf(members, { deadline: 5000 }).plan(filter('dport=80'), 'delete');
  const result = await plan.execute();
  expect(result).toMatchObject({ changed: 30, notAttempted: 0 });
  expect(result.nodes![1]).toMatchObject({ node: 'gw-2', state: 'done', changed: 15 });
  expect(await left()).toEqual([10, 15, 5]);
  expect(executions(nodes)).toEqual([1, 1, 1]);
});

test('a canary changes the first nodes by name, and says which ones were skipped', async () => {
  const { members, left } = three();
  const result = await fleetOf(members, { first: 1 }).deleteMany(filter('dport=80'));
  expect(result.nodes!.map(({ node, state }) => [node, state])).toEqual([
    ['gw-1', 'done'],
    ['gw-2', 'skipped'],
    ['gw-3', 'skipped'],
  ]);
  expect(result.changed).toBe(10);
  expect(await left()).toEqual([10, 30, 10]);
});

test('a plan expires by the clock of the hub, and nothing is sent then', async () => {
  let now = 1_000_000;
  const { members, left, nodes } = three();
  const plan = await fleetOf(members, { now: () => now }).plan(filter('dport=80'), 'delete');
  expect(plan.expires).toBe(1_060_000);
  now += 60_000;
  expect(await failing(plan.execute())).toMatchObject({ code: 'PLAN_EXPIRED' });
  expect(executions(nodes)).toEqual([0, 0, 0]);
  expect(await left()).toEqual([20, 30, 10]);
});

test('an update, a drain and a reconciliation are planned on every node', async () => {
  const { members } = three();
  const fleet = fleetOf(members);
  expect(await fleet.updateMany(filter('dport=80'), { mark: 0x99 })).toMatchObject({ changed: 30 });
  expect(await fleet.count({ filter: filter('mark=0x99') })).toBe(30);
  expect(await fleet.drain({ filter: filter('node=gw-1&dport=443'), within: 30 })).toMatchObject({ changed: 10 });
  const kept = [filter('mark=0x99'), filter('node=gw-2&dport=443')];
  expect(await fleet.reconcile({ scope: filter('family=ipv4'), keep: kept })).toMatchObject({ changed: 15 });
  expect((await all(fleet.list())).map(({ node }) => node).filter(node => node === 'gw-2')).toHaveLength(30);
});

test('changes by key go to the node of the key, and have their outcomes in order', async () => {
  const { members, left } = three({ wire: silence });
  const fleet = fleetOf(members, { deadline: DEADLINE });
  const keys = (await all(fleet.list({ filter: filter('node!=gw-2&mark=1') }))).map(({ key }) => key!);
  const [one, two] = [keys.find(key => key.startsWith('gw-1'))!, keys.find(key => key.startsWith('gw-3'))!];
  await fleet.delete(one);
  expect((await fleet.update(two, { mark: 0x55 })).mark).toBe(0x55);
  const outcomes = await all(
    fleet.changeEach([
      { op: 'delete', key: two },
      { op: 'delete', key: one },
      { op: 'delete', key: one.replace('gw-1', 'gw-2') },
      { op: 'delete', key: one.slice(5) },
      { op: 'delete', key: one.replace('gw-1', 'gw-9') },
    ]),
  );
  expect(outcomes.map(({ outcome, key }) => [outcome, key])).toEqual([
    ['done', two],
    ['gone', one],
    ['failed', one.replace('gw-1', 'gw-2')],
    ['failed', one.slice(5)],
    ['failed', one.replace('gw-1', 'gw-9')],
  ]);
  expect(outcomes[2]!.error!.message).toBe("no answer from 'gw-2': it is unknown whether the change was made");
  expect(await left()).toEqual([19, 30, 9]);
});

test('a flush needs an answer of every node before the first one is flushed', async () => {
  const silent = three({ wire: silence });
  const error = await failing<TableError>(fleetOf(silent.members, { deadline: DEADLINE }).flush({ all: true }));
  expect(error.message).toMatch(/^no answer from gw-2; nothing was flushed/);
  expect(await silent.left()).toEqual([20, 30, 10]);
  const { members, left } = three();
  expect(await fleetOf(members).flush({ all: true })).toBeUndefined();
  expect(await left()).toEqual([0, 0, 0]);
});

test('what a fleet cannot do is refused with a sentence', async () => {
  const { members } = three();
  const fleet = fleetOf(members);
  await expect(fleet.create({} as never)).rejects.toThrow('a fleet cannot choose the node of a new flow');
  await expect(fleet.restore()).rejects.toThrow('a fleet cannot restore a snapshot');
  await expect(all(fleet.snapshot({ format: 'save' }))).rejects.toThrow("'save' cannot name the node");
  const [flow] = (await fleet.page({ limit: 1 })).items;
  const { node: _, ...nameless } = flow!;
  await expect(fleet.delete(nameless)).rejects.toThrow('the flow names no node of the fleet');
});
