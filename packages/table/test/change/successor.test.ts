// Connections that replace a plan's target with its tuple and id: what a plan does to them, strict or not.
import { type Flow, FlowObjectCursor, type NewFlow, type Tuple } from '@conntrack/flow';
import { createNatLab, labAvailable } from '@conntrack/lab';
import { describe, expect, it } from 'vitest';
import { whySuccessor } from '../../src/change/successor.js';
import { EVIDENCE, TargetStore } from '../../src/change/target-store.js';
import { type ChangeOutcome, ConntrackTable, KernelSource, MemorySource, type Plan } from '../../src/index.js';
import { all, failing, filter, tcpFlow } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

const udp: NewFlow = {
  family: 'ipv4',
  protonum: 17,
  original: { src: '10.1.0.1', dst: '192.0.2.53', sport: 4000, dport: 53 },
  timeout: 600,
  mark: 1,
};
const ANSWERED = { status: ['SEEN_REPLY', 'ASSURED'] as const };
const aimed = filter('proto=udp');

/** Repeats until a successor has the id of its target, which depends on chance; returns the outcome of each kind of change. */
async function withSuccessor(
  table: ConntrackTable,
  target: () => Promise<Flow>,
  successor: (of: Flow) => NewFlow,
  plan: () => Promise<Plan>,
): Promise<{ made: Plan; id: number }> {
  for (let attempt = 0; attempt < 20_000; attempt++) {
    const was = await target();
    const made = await plan();
    expect(made.count).toBe(1);
    await table.delete(was);
    const now = await table.create(successor(was));
    if (now.id === was.id) return { made, id: now.id! };
    await table.delete(now);
  }
  throw new Error('no successor got the id of its target');
}

const uncounted = ({ packets: _, bytes: __, ...tuple }: Flow['original']): Tuple => tuple;

const CHANGES = [
  ['delete', 'delete'],
  ['update', { timeout: 50 }],
  ['drain', { timeout: 50, status: ['FIXED_TIMEOUT'] }],
] as const;

describe.skipIf(noKernel)(`on the kernel's table${noKernel ? ` (${noKernel})` : ''}`, () => {
  const SHOWN: readonly [by: string, target: NewFlow, successor: NewFlow, reason: string][] = [
    ['its start time', udp, udp, 'replaced (another start time)'],
    ['its mark', udp, { ...udp, mark: 2 }, 'replaced or changed (another mark)'],
    ['missing status bits', { ...udp, ...ANSWERED }, udp, 'replaced (ASSURED or SEEN_REPLY lost)'],
  ];
  const cases = SHOWN.flatMap(shown => CHANGES.map(([verb, change]) => [verb, ...shown, change] as const));
  it.each(cases)(
    'a strict %s skips a successor with the same id that shows by %s',
    async (_, by, target, successor, reason, change) => {
      const made = await kernelTable();
      try {
        if (by === 'its start time') made.namespace.sysctl('net.netfilter.nf_conntrack_timestamp', 1);
        const { table } = made;
        const { made: plan, id } = await withSuccessor(
          table,
          () => table.create(target),
          () => successor,
          () => table.plan(aimed, change, { strict: true }),
        );
        expect(await plan.execute()).toMatchObject({
          changed: 0,
          gone: 0,
          failed: 0,
          notAttempted: 0,
          skipped: 1,
          skips: [{ reason, count: 1 }],
        });
        const [left] = await all(table.list());
        expect(left?.id).toBe(id);
        expect(left!.timeout).toBeGreaterThan(50);
      } finally {
        made.close();
      }
    },
  );

  it.each(CHANGES)('a %s that is not strict hits a successor with the same id and tuples', async (_, change) => {
    const made = await kernelTable();
    try {
      const { table } = made;
      const { made: plan } = await withSuccessor(
        table,
        () => table.create(udp),
        () => ({ ...udp, mark: 2 }),
        () => table.plan(aimed, change),
      );
      expect(await plan.execute()).toMatchObject({ changed: 1, skipped: 0 });
    } finally {
      made.close();
    }
  });

  it.each(CHANGES)('a %s, strict or not, skips a successor with the same id and another backend', async (_, change) => {
    for (const strict of [false, true]) {
      const made = await kernelTable();
      try {
        const { table } = made;
        const to = (address: string): NewFlow => ({ ...udp, nat: { dst: { address } } });
        const { made: plan, id } = await withSuccessor(
          table,
          () => table.create(to('10.9.0.1')),
          () => to('10.9.0.2'),
          () => table.plan(aimed, change, { strict }),
        );
        expect(await plan.execute()).toMatchObject({ changed: 0, gone: 1, failed: 0, skipped: 0 });
        expect((await all(table.list())).map(flow => flow.id)).toEqual([id]);
      } finally {
        made.close();
      }
    }
  });

  it('a single delete and update refuse a successor with the same id and another backend', async () => {
    const made = await kernelTable();
    try {
      const { table } = made;
      const to = (address: string): NewFlow => ({ ...udp, nat: { dst: { address } } });
      let was: Flow | undefined;
      await withSuccessor(
        table,
        async () => {
          was = await table.create(to('10.9.0.1'));
          return was;
        },
        () => to('10.9.0.2'),
        () => table.plan(aimed, 'delete'),
      );
      expect((await failing(table.delete(was!))).code).toBe('FLOW_REPLACED');
      expect((await failing(table.update(was!, { mark: 9 }))).code).toBe('FLOW_REPLACED');
      expect(await all(table.list())).toMatchObject([{ mark: 1, reply: { src: '10.9.0.2' } }]);
      // A key contains no translation: it names the entry that exists now.
      await table.delete(was!.key!);
      expect(await table.count()).toBe(0);
    } finally {
      made.close();
    }
  });

  it.each(CHANGES)('a strict %s changes targets that stayed the same', async (_, change) => {
    const made = await kernelTable();
    try {
      const { table } = made;
      await table.create(udp);
      await table.create({ ...udp, zone: 3, nat: { dst: { address: '10.9.0.1' } } });
      const plan = await table.plan(aimed, change, { strict: true });
      expect(await plan.execute()).toMatchObject({ changed: 2, gone: 0, failed: 0, skipped: 0, failures: [] });
    } finally {
      made.close();
    }
  });

  it('a strict plan skips a successor by its counters, and no flow that continues', async context => {
    const reason = labAvailable();
    if (reason !== undefined) context.skip(reason);
    await using lab = await createNatLab();
    lab.router.sysctl('net.netfilter.nf_conntrack_acct', 1);
    lab.router.sysctl('net.netfilter.nf_conntrack_timestamp', 0);
    await using table = new ConntrackTable(await KernelSource.open({ netns: lab.router.fd }));
    const dns = filter('proto=udp&dport=53');
    const goesOn = await lab.traffic.udpExchange({ port: 53 });
    const going = await table.plan(dns, { mark: 7 }, { strict: true });
    await goesOn.send();
    expect(await going.execute()).toMatchObject({ changed: 1, skipped: 0, gone: 0, failures: [] });
    await table.deleteMany(dns);
    const { made: plan } = await withSuccessor(
      table,
      async () => {
        await lab.traffic.udpExchange({ port: 53 });
        return (await all(table.list({ filter: dns })))[0]!;
      },
      ({ family, protonum, original, reply, status, mark }) => ({
        family,
        protonum,
        original: uncounted(original),
        reply: uncounted(reply),
        timeout: 100,
        status: status!.filter(bit => bit === 'SEEN_REPLY' || bit === 'ASSURED'),
        mark: mark!,
      }),
      () => table.plan(dns, 'delete', { strict: true }),
    );
    expect((await plan.execute()).skips).toEqual([{ reason: 'replaced (lower counters)', count: 1 }]);
    expect(await table.count({ filter: dns })).toBe(1);
  });
});

describe('a strict plan of a table in memory', () => {
  const flows = () => Array.from({ length: 6 }, (_, i) => tcpFlow(i + 1));

  it('a strict plan skips flows that were marked since, and gives this reason beside that of skipped ones', async () => {
    const table = new ConntrackTable(new MemorySource(flows()), { protect: filter('mark=1') });
    const plan = await table.plan(filter('proto=tcp'), 'delete', { strict: true });
    const [, second, third] = await all(table.list());
    await table.update(second!, { mark: 0x99 });
    await table.delete(third!);
    const result = await plan.execute();
    expect(result).toMatchObject({ matched: 6, changed: 3, gone: 1, failed: 0, skipped: 2, notAttempted: 0 });
    expect(result.skips).toEqual([
      { reason: 'protected', count: 1 },
      { reason: 'replaced or changed (another mark)', count: 1 },
    ]);
    expect((await all(table.list())).map(flow => flow.mark)).toEqual([1, 0x99]);
  });

  it('deleteMany, updateMany, reconcile and drain accept the option `strict`', async () => {
    for (const run of [
      (table: ConntrackTable) => table.deleteMany(filter('proto=tcp'), { strict: true }),
      (table: ConntrackTable) => table.updateMany(filter('proto=tcp'), { timeout: 5 }, { strict: true }),
      (table: ConntrackTable) => table.reconcile({ scope: filter('proto=tcp'), keep: [] }, { strict: true }),
      (table: ConntrackTable) => table.drain({ filter: filter('proto=tcp'), within: 5 }, { strict: true }),
    ]) {
      const source = new MemorySource(flows());
      const table = new ConntrackTable(source);
      const ends = async function* (all: AsyncIterable<ChangeOutcome>): AsyncGenerator<ChangeOutcome> {
        await source.update((await source.get(tcpFlow(1)))!, { mark: 0x99 });
        yield* all;
      };
      const [remove, update] = [source.deleteMany.bind(source), source.updateMany.bind(source)];
      source.deleteMany = (...given) => ends(remove(...given)) as never;
      source.updateMany = (...given) => ends(update(...given)) as never;
      const { changed, skipped, skips } = await run(table);
      expect([changed, skipped]).toEqual([5, 1]);
      expect(skips).toHaveLength(1);
    }
  });

  it('a strict plan of a view skips flows that left the view', async () => {
    for (const change of ['delete', { timeout: 60 }, { mark: 2 }] as const) {
      const table = new ConntrackTable(new MemorySource(flows()));
      const view = table.view({ filter: filter('mark=1-3&timeout=50-200') });
      const plan = await view.plan(filter('proto=tcp'), change, { strict: true });
      expect(plan.count).toBe(3);
      const [first, second] = await all(table.list());
      await table.update(first!, { mark: 0x99 });
      await table.update(second!, { timeout: 10 });
      const { changed, skipped, gone } = await plan.execute();
      expect([changed, skipped + gone]).toEqual([1, 2]);
      expect((await table.lookup(second!))?.mark).toBe(2);
    }
  });
});

describe('what shows a successor', () => {
  const flow = tcpFlow(9, { start: '2026-01-02T03:04:05.123456789Z', id: 5 });
  const seen = (() => {
    const store = new TargetStore({ strict: true });
    store.add(new FlowObjectCursor(flow));
    return [...store.refs()][0]![EVIDENCE]!;
  })();
  const why = (more: Partial<Flow>) => whySuccessor(new FlowObjectCursor({ ...flow, ...more }), seen);
  const { start: _, ...unstamped } = flow;

  it.each<[what: string, more: Partial<Flow>]>([
    ['nothing', {}],
    ['time that passed', { timeout: 1 }],
    ['another state', { state: 'CLOSE' }],
    ['packets that came', { original: { ...flow.original, packets: 10, bytes: 2000 } }],
    ['bits that came', { status: [...flow.status!, 'FIXED_TIMEOUT'] }],
  ])('%s does not indicate a successor', (__, more) => {
    expect(why(more)).toBeUndefined();
  });

  it.each<[what: string, more: Partial<Flow>, reason: RegExp]>([
    ['a later start', { start: '2026-01-02T03:04:05.123457789Z' }, /start time/],
    ['an earlier start', { start: '2026-01-02T03:04:05.123455789Z' }, /start time/],
    ['a mark less', { mark: 8 }, /mark/],
    ['ASSURED that is gone', { status: ['SEEN_REPLY', 'CONFIRMED'] }, /ASSURED/],
    ['SEEN_REPLY that is gone', { status: ['ASSURED', 'CONFIRMED'] }, /SEEN_REPLY/],
    ['fewer packets', { original: { ...flow.original, packets: 8 } }, /counters/],
    ['fewer bytes', { original: { ...flow.original, bytes: 899 } }, /counters/],
    ['fewer packets of the reply', { reply: { ...flow.reply, packets: 0 } }, /counters/],
    ['fewer bytes of the reply', { reply: { ...flow.reply, bytes: 49 } }, /counters/],
    ['counters that are gone', { reply: { ...flow.reply, packets: undefined, bytes: undefined } as never }, /counters/],
  ])('a successor is indicated by: %s', (__, more, reason) => {
    expect(why(more)).toMatch(reason);
  });

  it('a start time indicates a successor if there was none before, or the other way round', () => {
    expect(whySuccessor(new FlowObjectCursor(unstamped), seen)).toMatch(/start time/);
    const store = new TargetStore({ strict: true });
    store.add(new FlowObjectCursor(unstamped));
    const [target] = [...store.refs()];
    expect(whySuccessor(new FlowObjectCursor(flow), target![EVIDENCE]!)).toMatch(/start time/);
    expect(whySuccessor(new FlowObjectCursor(unstamped), target![EVIDENCE]!)).toBeUndefined();
  });

  it('a counter that is not recorded does not indicate a successor', () => {
    const { packets: _, bytes: __, ...original } = flow.original;
    const { packets: ___, bytes: ____, ...reply } = flow.reply;
    const bare = new FlowObjectCursor({ ...flow, original, reply });
    const store = new TargetStore({ strict: true });
    store.add(bare);
    expect(whySuccessor(bare, [...store.refs()][0]![EVIDENCE]!)).toBeUndefined();
  });

  it('a counter beyond 32 bits does not indicate a successor if it stayed the same or grew', () => {
    const big = { ...flow, original: { ...flow.original, bytes: 2 ** 40, packets: 2 ** 33 } };
    const store = new TargetStore({ strict: true });
    store.add(new FlowObjectCursor(big));
    const { [EVIDENCE]: evidence } = [...store.refs()][0]!;
    expect(whySuccessor(new FlowObjectCursor(big), evidence!)).toBeUndefined();
    const fewer = { ...big, original: { ...big.original, bytes: 2 ** 31 } };
    expect(whySuccessor(new FlowObjectCursor(fewer), evidence!)).toMatch(/counters/);
  });
});
