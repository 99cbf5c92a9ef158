import { expect, test } from 'vitest';
import { all, failing, filter, fleetOf, flows, httpNode, localMember, silence, tableOf } from './support.js';

const DEADLINE = 300;

const gone = async (): Promise<Response> => {
  throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 192.0.2.9:4680') });
};

/** Two healthy nodes with 10 flows each, and a third one. */
const withThird = (wire: Parameters<typeof httpNode>[2], count = 10) => {
  const nodes = [httpNode('gw-1', flows(10)), httpNode('gw-2', flows(10)), httpNode('gw-3', flows(count), wire)];
  return { nodes, members: nodes.map(({ member }) => member) };
};

test('a silent node costs the deadline, is named, and its flows are missing in every answer', async () => {
  const { members } = withThird({ wire: silence });
  const fleet = fleetOf(members, { deadline: DEADLINE });
  const calls: Record<string, () => Promise<unknown>> = {
    count: () => fleet.count(),
    page: () => fleet.page({ limit: 5 }),
    list: () => all(fleet.list()),
    top: () => fleet.top({ by: 'src' }),
    stats: () => fleet.stats(),
    capabilities: () => fleet.capabilities(),
    counts: () => fleet.counts({ all: filter('family=ipv4') }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const begun = performance.now();
    await call();
    const took = performance.now() - begun;
    expect(took, name).toBeGreaterThanOrEqual(DEADLINE - 5);
    expect(took, name).toBeLessThan(DEADLINE * 5);
    expect(fleet.meta(), name).toEqual({ asked: 3, answered: 2, silent: ['gw-3'], failed: [] });
  }
  expect(await fleet.count()).toBe(20);
});

test('thirty silent nodes cost the deadline once, and all are named', async () => {
  const silent = Array.from({ length: 30 }, (_, i) => httpNode(`s-${i}`, [], { wire: silence }).member);
  const fleet = fleetOf([localMember('gw-1', tableOf(flows(3))), ...silent], { deadline: DEADLINE });
  const begun = performance.now();
  expect(await fleet.count()).toBe(3);
  expect(performance.now() - begun).toBeLessThan(DEADLINE * 5);
  expect(fleet.meta().silent).toHaveLength(30);
});

test('an operation that no node answered throws: an empty answer would look as if nothing matched', async () => {
  const fleet = fleetOf([httpNode('gw-1', flows(3), { wire: silence }).member], { deadline: DEADLINE });
  await expect(fleet.count()).rejects.toThrow('no node answered within 300 ms: no answer from gw-1');
  await expect(all(fleet.list())).rejects.toThrow('no node answered within 300 ms');
  await expect(fleetOf([]).count()).rejects.toThrow('this fleet has no nodes');
  await expect(all(fleetOf([]).list())).rejects.toThrow('this fleet has no nodes');
});

test('a node that cannot be reached is named with the reason at once, before the deadline', async () => {
  const { members } = withThird({ wire: gone });
  const fleet = fleetOf(members, { deadline: 60_000 });
  expect(await fleet.count()).toBe(20);
  expect(await all(fleet.list())).toHaveLength(20);
  expect(fleet.meta()).toMatchObject({
    asked: 3,
    answered: 2,
    silent: [],
    failed: [{ node: 'gw-3', code: 'connection-failed' }],
  });
});

test('a slow node within the deadline is part of the answer', async () => {
  const { members } = withThird({
    wire: async (_, next) => {
      await new Promise(resolve => setTimeout(resolve, 200));
      return next();
    },
  });
  const fleet = fleetOf(members, { deadline: 60_000 });
  expect(await fleet.count()).toBe(30);
  expect(fleet.meta()).toMatchObject({ answered: 3, silent: [] });
});

test('a list that stops in the middle is named, and the flows before are kept', async () => {
  const { members } = withThird({
    wire: async (_, next) => {
      const response = await next();
      const [first] = (await response.text()).split(/(?<=\n)/);
      // One flow, and then nothing.
      const body = new ReadableStream({ start: controller => controller.enqueue(new TextEncoder().encode(first)) });
      return new Response(body, { headers: response.headers });
    },
  });
  const fleet = fleetOf(members, { deadline: DEADLINE });
  const listed = await all(fleet.list());
  expect(listed).toHaveLength(21);
  expect(fleet.meta()).toMatchObject({ answered: 2, silent: ['gw-3'] });
});

test('a list that is cut is an error of its node, and not a shorter list', async () => {
  const { members } = withThird({
    wire: async (_, next) => {
      const response = await next();
      const lines = (await response.text()).split(/(?<=\n)/);
      return new Response(lines.slice(0, 4).join(''), { headers: response.headers });
    },
  });
  const fleet = fleetOf(members);
  expect(await all(fleet.list())).toHaveLength(24);
  expect(fleet.meta()).toMatchObject({ answered: 2, failed: [{ node: 'gw-3', code: 'stream-cut' }] });
});

test('of two hosts with one name none is asked, and the name is reported', async () => {
  const twins = [httpNode('gw-2', flows(4)), httpNode('gw-2', flows(5))];
  const fleet = fleetOf([httpNode('gw-1', flows(3)).member, ...twins.map(({ member }) => member)]);
  expect(await fleet.count()).toBe(3);
  expect(fleet.meta()).toMatchObject({
    asked: 2,
    answered: 1,
    failed: [{ node: 'gw-2', code: 'duplicate-node', detail: "2 hosts have the name 'gw-2'. None of them was asked" }],
  });
  expect(twins.flatMap(({ requests }) => requests)).toEqual([]);
  await expect(fleet.get('gw-2.ct1.AQAAAgYKAAABwAACAQPpAFAAAAPo')).rejects.toThrow("2 hosts have the name 'gw-2'");
  await expect(fleet.deleteMany(filter('dport=80'))).rejects.toThrow(
    'errors from gw-2 (duplicate-node); nothing was changed',
  );
});

test('a node with another version that does not know a route is named with its code', async () => {
  const { members } = withThird({
    wire: async ({ url }, next) =>
      url.endsWith('/conntrack/overview')
        ? Response.json(
            { code: 'route-not-found', status: 404 },
            { status: 404, headers: { 'content-type': 'application/problem+json' } },
          )
        : next(),
  });
  const fleet = fleetOf(members);
  expect((await fleet.top({ by: 'dport' })).total).toBe(20);
  expect(fleet.meta().failed).toMatchObject([{ node: 'gw-3', code: 'route-not-found' }]);
  expect(await fleet.count()).toBe(30);
});

test('a proxy in the place of a node is named with its status', async () => {
  const { members } = withThird({ wire: async () => new Response('<html>bad gateway</html>', { status: 502 }) });
  const fleet = fleetOf(members);
  expect(await fleet.count()).toBe(20);
  expect(fleet.meta().failed).toMatchObject([{ node: 'gw-3', code: 'http-502' }]);
});

test('a reader that leaves ends the requests to all nodes', async () => {
  const signals: AbortSignal[] = [];
  const wire = (request: Request): Promise<Response> => {
    signals.push(request.signal);
    return silence();
  };
  const members = ['a', 'b', 'c'].map(id => httpNode(id, [], { wire }).member);
  const leave = new AbortController();
  const fleet = fleetOf(members, { deadline: 60_000 });
  const counted = failing(fleet.count({ signal: leave.signal }));
  const listed = failing(all(fleet.list({ signal: leave.signal })));
  await expect.poll(() => signals.length).toBe(6);
  leave.abort(new Error('the reader left'));
  expect((await counted).message).toBe('the reader left');
  expect((await listed).message).toBe('the reader left');
  expect(signals.map(({ aborted }) => aborted)).toEqual(Array(6).fill(true));
});

test('leaving the loop of a list ends the requests to the nodes that are still read', async () => {
  const signals: AbortSignal[] = [];
  const { members } = withThird({
    wire: request => {
      signals.push(request.signal);
      return silence();
    },
  });
  for await (const flow of fleetOf(members, { deadline: 60_000 }).list()) {
    expect(flow.node).toMatch(/^gw-[12]$/);
    break;
  }
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test('the clocks of nodes may differ by minutes: plans are executed, and pages follow each other', async () => {
  const skews = [-600_000, 0, 600_000];
  const nodes = skews.map((skew, i) =>
    httpNode(`gw-${i}`, flows(10), { table: tableOf(flows(10), { now: () => Date.now() + skew }) }),
  );
  const fleet = fleetOf(nodes.map(({ member }) => member));
  const { next } = await fleet.page({ limit: 7, sort: [{ field: 'mark' }] });
  expect((await fleet.page({ limit: 100, sort: [{ field: 'mark' }], cursor: next! })).items).toHaveLength(23);
  const plan = await fleet.plan(filter('dport=80'), 'delete');
  expect(Math.abs(plan.expires - Date.now())).toBeLessThanOrEqual(60_000);
  expect(await plan.execute()).toMatchObject({ changed: 15, notAttempted: 0 });
});
