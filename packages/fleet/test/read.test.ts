import type { Flow } from '@conntrack/flow';
import type { SortTerm } from '@conntrack/table';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { all, failing, filter, fleetOf, flowOf, flows, httpNode, localMember, tableOf } from './support.js';

// Ids are the same on all nodes, so that only the node tells two rows apart.
const parts: Record<string, Flow[]> = {
  'gw-1': flows(40),
  'gw-2': [
    ...flows(25),
    ...Array.from({ length: 10 }, (_, n) =>
      flowOf(n, { id: 5000 + n, protocol: 'udp', protonum: 17, state: undefined! }),
    ),
  ].map(({ state, ...flow }) => (state === undefined ? flow : { ...flow, state })),
  'gw-3': [],
  'lb-1': flows(30, 7),
};
const names = Object.keys(parts);
const nodes = names.map(name => httpNode(name, parts[name]!));
const fleet = fleetOf(nodes.map(({ member }) => member));
/** One table with the flows of all nodes, as the fleet should show them. */
const whole = tableOf(
  names.flatMap((node, i) =>
    parts[node]!.map(({ original, reply, ...flow }) => ({
      ...flow,
      node,
      // The tuples of one table are different.
      original: { ...original, zone: i + 1 },
      reply: { ...reply, zone: i + 1 },
    })),
  ),
);

const FILTERS = [
  'family=ipv4',
  'mark=3',
  'node=gw-1',
  'node!=gw-1',
  'node=gw-*',
  'node=gw-1,lb-1&dport=80',
  'filter=node == gw-1 and mark == 2 or node == lb-1 and dport == 443',
  'filter=not (node == gw-1 and mark == 2)',
  'src=10.0.0.1&state=ESTABLISHED',
  'proto=udp',
  'mark=77',
];

const identity = ({ node, id }: Flow): string => `${node} ${id}`;

test.each(FILTERS)('counts, lists and pages of a fleet are those of one table with all flows: %s', async query => {
  const found = filter(query);
  const expected = await all(whole.list({ filter: found }));
  expect(await fleet.count({ filter: found })).toBe(expected.length);
  const listed = await all(fleet.list({ filter: found }));
  expect(listed.map(identity).sort()).toEqual(expected.map(identity).sort());
  for (const flow of listed) expect(flow.key).toBe(`${flow.node}.${flow.key!.split('.').slice(1).join('.')}`);
});

/** The flows in the order of the terms, then id, then node, without any code of the fleet. */
function sorted(own: readonly Flow[], terms: readonly SortTerm[]): Flow[] {
  const value = (flow: Flow, field: string): number | string =>
    field === 'node'
      ? flow.node!
      : field === 'src'
        ? Number(flow.original.src.split('.').at(-1))
        : field === 'dport'
          ? flow.original.dport!
          : (flow.mark ?? -1);
  return [...own].sort((one, other) => {
    for (const { field, descending } of terms) {
      const [a, b] = [value(one, field), value(other, field)];
      if (a !== b) return (a < b ? -1 : 1) * (descending ? -1 : 1);
    }
    return one.id! - other.id! || (one.node! < other.node! ? -1 : 1);
  });
}

const term = fc.record({ field: fc.constantFrom('mark', 'src', 'dport', 'node'), descending: fc.boolean() });
const terms = fc.uniqueArray(term, { maxLength: 4, selector: ({ field }) => field });

test('the pages of a fleet follow each other without a gap or a repeat, in every order', async () => {
  await fc.assert(
    fc.asyncProperty(
      terms,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(...FILTERS),
      async (sort, limit, query) => {
        const found = filter(query);
        const rows: Flow[] = [];
        let cursor: string | undefined;
        let more: number | undefined;
        do {
          const page = await fleet.page({ sort, limit, filter: found, ...(cursor !== undefined && { cursor }) });
          if (more !== undefined) expect(page.items.length + page.more).toBe(more);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          ({ more } = page);
          rows.push(...page.items);
          cursor = page.next ?? undefined;
        } while (cursor !== undefined);
        const expected = sorted(await all(whole.list({ filter: found })), sort);
        expect(rows.map(identity)).toEqual(expected.map(identity));
      },
    ),
    { numRuns: 25 },
  );
});

test('a sorted list of a fleet is its first rows, and a limit applies to all nodes together', async () => {
  const sort = [{ field: 'mark', descending: true }];
  const listed = await all(fleet.list({ sort, limit: 9 }));
  expect(listed.map(identity)).toEqual((await fleet.page({ sort, limit: 9 })).items.map(identity));
  expect(await all(fleet.list({ limit: 50 }))).toHaveLength(50);
  await expect(all(fleet.list({ sort }))).rejects.toThrow('a sorted list requires a limit');
  const window = await fleet.page({ sort, limit: 5, offset: 4 });
  expect(window.items.map(identity)).toEqual(listed.slice(4).map(identity));
  expect([window.next, window.more]).toEqual([null, 105 - 9]);
  expect((await fleet.overview({ sort, limit: 5, offset: 4 })).items.map(identity)).toEqual(window.items.map(identity));
  await expect(fleet.page({ sort, limit: 5000, offset: 5001 })).rejects.toThrow('the first 10000 rows of a fleet');
});

test('the cursor of another list is refused, and so is a list by values that change', async () => {
  const { next } = await fleet.page({ limit: 5 });
  expect(await failing(fleet.page({ limit: 5, cursor: next!, filter: filter('mark=1') }))).toMatchObject({
    code: 'CURSOR_INVALID',
  });
  expect(await failing(fleet.page({ limit: 5, cursor: 'bm9uc2Vuc2U' }))).toMatchObject({ code: 'CURSOR_INVALID' });
  expect((await fleet.page({ limit: 5, sort: [{ field: 'bytes' }] })).next).toBeNull();
  expect(await failing(fleet.page({ limit: 5, sort: [{ field: 'nod' }] }))).toMatchObject({ code: 'SORT_INVALID' });
});

describe('rankings', () => {
  test.each(['src', 'dst,dport', 'node', 'node,state', 'src/24', 'mark,node', 'proto'])(
    'groups of a fleet are those of one table with all flows: by %s',
    async by => {
      for (const metric of ['flows', 'bytes', 'packets'] as const) {
        const own = await fleet.top({ by, metric, k: 100 });
        const one = await whole.top({ by, metric, k: 100 });
        const shown = ({ items }: typeof own) =>
          items
            .map(({ group, values, value, error }) => ({ group, values, value, error }))
            .sort((a, b) => (a.group < b.group ? -1 : 1));
        expect(shown(own)).toEqual(shown(one));
        expect([own.total, own.matched, own.groups, own.approximate, own.by]).toEqual([
          one.total,
          one.matched,
          one.groups,
          false,
          one.by,
        ]);
      }
    },
  );

  test('the filter of a group selects exactly its flows', async () => {
    for (const by of ['src', 'node', 'node,dport'])
      for (const query of ['mark=1-3', 'node!=gw-2&mark=1-3']) {
        const { items, total } = await fleet.top({ by, filter: filter(query), k: 100 });
        expect(items.reduce((sum, { value }) => sum + value, 0)).toBe(total);
        for (const item of items)
          expect(await fleet.count({ filter: filter(item.filter) }), item.filter).toBe(item.value);
      }
  });

  test('sums of nodes that left out small groups have their error, and the largest groups are exact', async () => {
    // Group 7 is second on each node behind a group of its own, and the largest of all.
    const many = Array.from({ length: 6 }, (_, node) =>
      Array.from({ length: 200 }, (_, n) => {
        const mark = n < 30 ? 100 + node : n < 50 ? 7 : 1000 + node * 1000 + n;
        return flowOf(n, { mark });
      }),
    );
    const tables = many.map((own, i) => localMember(`n-${i}`, tableOf(own)));
    const { items, groups, approximate, total } = await fleetOf(tables).top({ by: 'mark', k: 3 });
    expect(items[0]).toMatchObject({ group: '7', value: 120, error: 0 });
    expect(items.slice(1).map(({ value }) => value)).toEqual([30, 30]);
    expect(total).toBe(1200);
    expect(approximate).toBe(true);
    expect(groups).toBeGreaterThan(100);
  });

  test('no sum is too small and none is too large by more than its error, whatever the nodes left out', async () => {
    const marks = fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 120 }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(marks, fc.integer({ min: 1, max: 5 }), async (own, k) => {
        const members = own.map((list, i) =>
          localMember(`n-${i}`, tableOf(list.map((mark, n) => flowOf(n, { mark })))),
        );
        const { items } = await fleetOf(members).top({ by: 'mark', k });
        const real = new Map<number, number>();
        for (const mark of own.flat()) real.set(mark, (real.get(mark) ?? 0) + 1);
        for (const { values, value, error } of items) {
          const count = real.get(Number(values.mark))!;
          expect(value).toBeGreaterThanOrEqual(count);
          expect(value - error).toBeLessThanOrEqual(count);
        }
        const largest = [...real.values()].sort((a, b) => b - a).slice(0, k);
        expect(items.map(({ value }) => value)).toEqual(largest);
      }),
      { numRuns: 60 },
    );
  });

  test('distinct values of a union are between two bounds, and exact where nodes have none in common', async () => {
    const top = await fleet.top({ by: 'src', distinct: 'dport', k: 100 });
    const real = await whole.top({ by: 'src', distinct: 'dport', k: 100 });
    for (const { group, distinct, distinctError } of top.items) {
      const exact = real.items.find(item => item.group === group)!.distinct!;
      expect(Math.abs(distinct! - exact)).toBeLessThanOrEqual(distinctError!);
    }
    expect(top.distinctApproximate).toBe(true);
    const perNode = await fleet.top({ by: 'node', distinct: 'src', k: 100 });
    expect(perNode.items.map(({ group, distinct, distinctError }) => [group, distinct, distinctError])).toEqual([
      ['gw-1', 5, 0],
      ['gw-2', 5, 0],
      ['lb-1', 5, 0],
    ]);
    const onNodes = await fleet.top({ by: 'src', distinct: 'node', k: 100 });
    expect(onNodes.items.every(({ distinct, distinctError }) => distinct === 3 && distinctError === 0)).toBe(true);
  });
});

test('an overview of a fleet has the rows, groups and counts of one table with all flows', async () => {
  const asked = {
    filter: filter('mark=1-5'),
    sort: [{ field: 'mark' }],
    limit: 7,
    groups: [{ by: 'dport' }, { by: 'node' }],
    counts: { here: filter('node=gw-1'), web: filter('dport=80'), none: filter('node=gw-3') },
  };
  const [own, one] = [await fleet.overview(asked), await whole.overview(asked)];
  expect(own.counts).toEqual(one.counts);
  expect([own.matched, own.more]).toEqual([one.matched, one.more]);
  expect(own.groups.map(({ items }) => items.map(({ value }) => value).sort())).toEqual(
    one.groups.map(({ items }) => items.map(({ value }) => value).sort()),
  );
  expect((await fleet.counts({ a: filter('node=gw-1'), b: filter('mark=2') })).counts).toEqual(
    (await whole.counts({ a: filter('node=gw-1'), b: filter('mark=2') })).counts,
  );
});

test('a filter on the node prunes who is asked, and the nodes get the rest of it', async () => {
  const before = nodes.map(({ requests }) => requests.length);
  const request = fleet.forRequest('request-1');
  await request.count({ filter: filter('node=gw-2,lb-1&dport=80') });
  expect(nodes.map(({ requests }, i) => requests.length - before[i]!)).toEqual([0, 1, 0, 1]);
  expect(nodes[1]!.requests.at(-1)!.url).toBe('http://gw-2/conntrack/count?dport=80');
  expect(request.meta()).toEqual({ asked: 2, answered: 2, silent: [], failed: [] });
});

test('the name of a node that does not exist is refused: an empty answer would look as if nothing matched', async () => {
  await expect(fleet.count({ filter: filter('node=gw-99') })).rejects.toThrow(
    "no node 'gw-99' in this fleet. Nodes: gw-1, gw-2, gw-3, lb-1",
  );
});

test('a flow is found by its key and by its tuple, and its key names its node', async () => {
  const [flow] = await all(fleet.list({ filter: filter('node=lb-1&mark=3'), limit: 1 }));
  expect(await fleet.get(flow!.key!)).toEqual(flow);
  const { family, protonum, original } = flow!;
  const { packets: _, bytes: __, ...tuple } = original;
  expect((await fleet.lookup({ family, protonum, original: tuple, node: 'lb-1' }))!.node).toBe('lb-1');
  expect(await fleet.lookup({ family, protonum, original: { ...tuple, sport: 1 } })).toBeUndefined();
  expect(await failing(fleet.get(flow!.key!.slice(5)))).toMatchObject({ code: 'INVALID_CHANGE' });
  await expect(fleet.get(`gw-9${flow!.key!.slice(4)}`)).rejects.toThrow("no node 'gw-9' in this fleet");
});

test('statistics and capabilities are sums, and say the numbers of each node', async () => {
  const stats = await fleet.stats();
  expect(stats.count).toBe(105);
  expect(Object.entries(stats.nodes!).map(([node, { count }]) => [node, count])).toEqual([
    ['gw-1', 40],
    ['gw-2', 35],
    ['gw-3', 0],
    ['lb-1', 30],
  ]);
  expect(await fleet.capabilities()).toMatchObject({ fleet: { asked: 4, answered: 4 }, accounting: true, count: 105 });
});
