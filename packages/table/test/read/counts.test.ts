import { describe, expect, it } from 'vitest';
import { ConntrackTable, MemorySource } from '../../src/index.js';
import { all, failing, filter, tcpFlow } from '../flows.js';

const open = (count = 10) =>
  new ConntrackTable(new MemorySource(Array.from({ length: count }, (_, i) => tcpFlow(i + 1))));

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
