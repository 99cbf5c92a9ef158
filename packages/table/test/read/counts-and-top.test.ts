import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource, TOP_FIELDS } from '../../src/index.js';
import { HeavyHitters } from '../../src/read/heavy-hitters.js';
import { all, failing, filter, tcpFlow, variedFlows } from '../flows.js';

const open = (count = 10) =>
  new ConntrackTable(new MemorySource(Array.from({ length: count }, (_, i) => tcpFlow(i + 1))));
async function varied() {
  const table = new ConntrackTable(new MemorySource());
  for (const flow of variedFlows(400)) await table.create(flow);
  return table;
}

describe('top', () => {
  it('`top` groups flows by a field and ranks the groups', async () => {
    const table = open(100);
    expect(await table.top({ by: 'state' })).toEqual({
      by: 'state',
      metric: 'flows',
      items: [
        { group: 'ESTABLISHED', value: 50, error: 0 },
        { group: 'TIME_WAIT', value: 50, error: 0 },
      ],
      approximate: false,
      groups: 2,
      total: 100,
      matched: 100,
      scanned: 100,
    });
    const bytes = await table.top({ by: 'src', metric: 'bytes', k: 2, filter: filter('mark=1-50') });
    expect(bytes.items).toEqual([
      { group: '10.0.0.50', value: 5050, error: 0 },
      { group: '10.0.0.49', value: 4950, error: 0 },
    ]);
    expect(bytes).toMatchObject({ matched: 50, scanned: 100, groups: 50 });
  });

  it('`top` agrees with plain counting, for every field', async () => {
    const table = await varied();
    const flows = await all(table.list());
    const plain: Record<string, (flow: (typeof flows)[0]) => unknown> = {
      src: flow => flow.original.src,
      dst: flow => flow.original.dst,
      sport: flow => flow.original.sport,
      dport: flow => flow.original.dport,
      'reply.src': flow => flow.reply.src,
      'reply.dst': flow => flow.reply.dst,
      'reply.sport': flow => flow.reply.sport,
      'reply.dport': flow => flow.reply.dport,
      family: flow => flow.family,
      proto: flow => flow.protocol,
      state: flow => flow.state,
      mark: flow => flow.mark,
      zone: flow => flow.zone ?? flow.original.zone ?? flow.reply.zone ?? 0,
      helper: flow => flow.helper,
      secctx: flow => flow.secctx,
      secmark: flow => flow.secmark,
      use: flow => flow.use,
      'orig.zone': flow => flow.original.zone ?? 0,
      'reply.zone': flow => flow.reply.zone ?? 0,
      'icmp.type': flow => flow.original.type,
      'icmp.code': flow => flow.original.code,
      'icmp.id': flow => flow.original.id,
      'gre.srckey': flow => flow.original.srckey,
      'gre.dstkey': flow => flow.original.dstkey,
      'reply.gre.srckey': flow => flow.reply.srckey,
      'reply.gre.dstkey': flow => flow.reply.dstkey,
      'orig.sctp.vtag': flow => flow.protoinfo?.vtag?.original,
      'reply.sctp.vtag': flow => flow.protoinfo?.vtag?.reply,
      'dccp.role': flow => flow.protoinfo?.role,
    };
    expect(Object.keys(plain).sort()).toEqual([...TOP_FIELDS].sort());
    for (const [by, read] of Object.entries(plain)) {
      const counts = new Map<string, number>();
      for (const flow of flows) counts.set(String(read(flow) ?? '-'), (counts.get(String(read(flow) ?? '-')) ?? 0) + 1);
      const { items, approximate } = await table.top({ by, k: 1000 });
      expect(approximate).toBe(false);
      expect(new Map(items.map(({ group, value }) => [group, value])), by).toEqual(counts);
    }
  });

  it('`top` reports if there were more groups than its capacity', async () => {
    const result = await open(100).top({ by: 'src', k: 3, capacity: 10 });
    expect(result).toMatchObject({ approximate: true, groups: 10, total: 100 });
    expect(result.items).toHaveLength(3);
  });

  it('`top` refuses unknown fields and metrics', async () => {
    const table = open();
    expect((await failing(table.top({ by: 'colour' }))).code).toBe('SORT_INVALID');
    expect((await failing(table.top({ by: 'constructor' }))).code).toBe('SORT_INVALID');
    expect((await failing(table.top({ by: 'src', metric: 'weight' as 'bytes' }))).code).toBe('SORT_INVALID');
    await expect(table.top({ by: 'src', k: 5, capacity: 4 })).rejects.toThrow(RangeError);
  });

  it('`top` keeps the guarantees of Space-Saving', () => {
    const stream = fc.array(fc.tuple(fc.nat(40), fc.nat(100)), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 30 }), (adds, capacity) => {
        const truth = new Map<number, number>();
        const sums = new HeavyHitters<number>(capacity);
        let total = 0;
        for (const [key, weight] of adds) {
          truth.set(key, (truth.get(key) ?? 0) + weight);
          sums.add(key, weight);
          total += weight;
        }
        const found = sums.top(capacity, (one, other) => one - other);
        expect(sums.approximate).toBe(truth.size > capacity);
        expect(found.length).toBe(Math.min(capacity, truth.size));
        for (const { key, sum, error } of found) {
          expect(sum).toBeGreaterThanOrEqual(truth.get(key)!);
          expect(sum - error).toBeLessThanOrEqual(truth.get(key)!);
          expect(error).toBeLessThanOrEqual(total / capacity);
        }
        const held = new Set(found.map(({ key }) => key));
        for (const [key, sum] of truth) if (sum > total / capacity) expect(held.has(key)).toBe(true);
      }),
    );
  });
});

describe('counts and stats', () => {
  it('`counts` counts many filters in one scan', async () => {
    const counted = await open(20).counts({
      early: filter('mark=1-5'),
      odd: filter('state=ESTABLISHED'),
      none: filter('proto=udp'),
    });
    expect(counted).toEqual({ counts: { early: 5, odd: 10, none: 0 }, matched: 12, scanned: 20 });
  });
  it('`stats` reports how full the table is', async () => {
    const table = new ConntrackTable(new MemorySource([tcpFlow(1)], { max: 4 }));
    expect(await table.stats()).toEqual({ count: 1, max: 4, fill: 0.25, cpus: [], total: {} });
  });
});

describe('reconcile', () => {
  it('`reconcile` deletes exactly the flows of the scope that are not kept', async () => {
    const table = open(20);
    const what = { scope: filter('state=ESTABLISHED'), keep: [filter('mark=1-5'), filter('mark=19')] };
    expect(await table.reconcile(what, { dryRun: true })).toMatchObject({ matched: 6, changed: 0 });
    expect(await table.reconcile(what)).toMatchObject({ changed: 6 });
    const left = (await all(table.list())).map(flow => flow.mark!);
    expect(left).toEqual([1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 19, 20]);
    expect(await table.reconcile(what)).toMatchObject({ matched: 0, changed: 0 });
  });
  it('`reconcile` without flows to keep empties the scope, and without a scope does nothing', async () => {
    const table = open(10);
    expect((await failing(table.reconcile({ scope: { kind: 'all' }, keep: filter('mark=1') }))).code).toBe(
      'FILTER_REQUIRED',
    );
    expect((await failing(table.reconcile({ scope: filter('proto=tcp'), keep: [] }, { maxAffected: 9 }))).code).toBe(
      'TOO_MANY_AFFECTED',
    );
    expect(await table.reconcile({ scope: filter('proto=tcp'), keep: { kind: 'all' } })).toMatchObject({ matched: 0 });
    expect(await table.reconcile({ scope: filter('proto=tcp'), keep: [] })).toMatchObject({ changed: 10 });
  });
});

describe('drain', () => {
  it('`drain` sets a deadline once, which nothing extends', async () => {
    let now = 0;
    const flows = Array.from({ length: 4 }, (_, i) => tcpFlow(i + 1));
    const table = new ConntrackTable(new MemorySource(flows, { clock: () => now }));
    expect(await table.drain({ filter: filter('mark=1,2'), within: 30 })).toMatchObject({ changed: 2 });
    const [first] = await all(table.list());
    expect((await failing(table.update(first!.key!, { timeout: 500 }))).code).toBe('FLOW_BUSY');
    const again = await table.planDrain({ filter: filter('mark=1,2,3'), within: 60 });
    expect(again.skips).toEqual([{ reason: 'already has a deadline', count: 2 }]);
    expect(await again.execute()).toMatchObject({ changed: 1, skipped: 2, failed: 0 });
    now = 31_000;
    expect((await all(table.list())).map(flow => flow.mark)).toEqual([3, 4]);
  });
  it('`drain` accepts whole seconds above 0', async () => {
    for (const within of [0, -1, 1.5, Number.NaN])
      expect((await failing(open().drain({ filter: filter('mark=1'), within }))).code).toBe('INVALID_CHANGE');
  });
});
