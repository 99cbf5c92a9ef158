import { encodeKey, type Flow, FlowObjectCursor, refOf, sameConnection } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { EVIDENCE, TargetStore } from '../../src/change/target-store.js';
import { ConntrackTable, flowOfSocket, MemorySource, TableError } from '../../src/index.js';
import { newFlowOf } from '../../src/snapshot/new-flow-of.js';
import { all, failing, filter, tcpFlow, variedFlows } from '../flows.js';

const sourceOf = (count: number): MemorySource =>
  new MemorySource(Array.from({ length: count }, (_, i) => tcpFlow(i + 1)));
const open = (count = 10, options = {}) => new ConntrackTable(sourceOf(count), options);

/** Runs an action just before a table is read again. */
function beforeTheNextScan(source: MemorySource, happens: () => Promise<unknown>): void {
  const { scan } = source;
  source.scan = async function* (options) {
    source.scan = scan;
    await happens();
    yield* source.scan(options);
  };
}

describe('a plan', () => {
  it('a plan shows what it would change, and changes nothing', async () => {
    const table = open(20);
    const plan = await table.plan(filter('state=TIME_WAIT'), 'delete');
    expect(plan).toMatchObject({
      change: 'delete',
      count: 10,
      matched: 10,
      skipped: 0,
      breakdown: { 'tcp TIME_WAIT': 10 },
      filters: [{ filter: 'state=TIME_WAIT', matched: 10 }],
      refusal: undefined,
    });
    expect(plan.sample).toHaveLength(10);
    expect(await table.count()).toBe(20);
    expect(await plan.execute()).toMatchObject({ changed: 10, gone: 0, failed: 0, notAttempted: 0 });
    expect(await table.count({ filter: filter('state=ESTABLISHED') })).toBe(10);
  });

  it('a plan counts many filters in one scan, and changes a flow that matches two of them once', async () => {
    const source = new MemorySource(Array.from({ length: 10 }, (_, i) => tcpFlow(i + 1)));
    let scans = 0;
    const scan = source.scan.bind(source);
    source.scan = options => {
      scans++;
      return scan(options);
    };
    const plan = await new ConntrackTable(source).plan(
      ['mark=1-4', 'mark=3-6', 'mark=99'].map(each => filter(each)),
      'delete',
    );
    expect(plan.filters).toEqual([
      { filter: 'mark=0x1-0x4', matched: 4 },
      { filter: 'mark=0x3-0x6', matched: 4 },
      { filter: 'mark=0x63', matched: 0 },
    ]);
    expect(plan.count).toBe(6);
    expect(scans).toBe(1);
    expect((await plan.execute()).changed).toBe(6);
  });

  it('a plan needs a filter, and each of several filters must select something', async () => {
    const table = open();
    const nothing = { kind: 'and', terms: [] } as const;
    for (const none of [
      { kind: 'all' } as const,
      [],
      [filter('mark=1'), { kind: 'all' } as const],
      nothing,
      { kind: 'not', term: { kind: 'not', term: nothing } } as const,
      { kind: 'or', terms: [filter('mark=1'), nothing] } as const,
    ])
      expect((await failing(table.plan(none, 'delete'))).code).toBe('FILTER_REQUIRED');
  });

  it.each([
    { maxAffected: Number.NaN },
    { expect: Number.NaN },
    { expect: 10, tolerance: Number.NaN },
    { tolerance: -1 },
    { life: Number.NaN },
    { maxAffected: '5' as never },
  ])('the limits of a plan must be numbers: %o', async limits => {
    const table = open();
    expect((await failing(table.plan(filter('mark=1'), 'delete', limits))).code).toBe('INVALID_CHANGE');
    if (!('life' in limits))
      expect((await failing(table.deleteMany(filter('mark=1'), limits))).code).toBe('INVALID_CHANGE');
    expect(await table.count()).toBe(10);
  });

  it('a plan is executed once, even if two calls start at the same time', async () => {
    const plan = await open().plan(filter('mark=1-5'), 'delete');
    const [one, other] = await Promise.allSettled([plan.execute(), plan.execute()]);
    expect(one.status).toBe('fulfilled');
    expect((other as PromiseRejectedResult).reason.code).toBe('PLAN_USED');
    expect((await failing(plan.execute())).code).toBe('PLAN_USED');
  });

  it('executing a plan with unknown options is refused, and does not use it up', async () => {
    const plan = await open().plan(filter('mark=1-5'), 'delete');
    await expect(plan.execute({ sign: undefined } as never)).rejects.toThrow("execute: unknown key 'sign'");
    expect((await plan.execute()).changed).toBe(5);
  });

  it('a plan cannot be made for a change that no flow can have', async () => {
    const source = sourceOf(3);
    const table = new ConntrackTable(source);
    for (const change of [{ marc: 5 }, { mark: -1 }, { status: ['ASURED'] }])
      expect((await failing(table.plan(filter('proto=tcp'), change as never))).code).toBe('INVALID_CHANGE');
    Object.assign(source, {
      checkChange: async () => {
        throw new TableError('INVALID_CHANGE', 'the source says no');
      },
    });
    expect((await failing(table.plan(filter('proto=tcp'), { mark: 5 }))).message).toBe('the source says no');
    expect((await table.plan(filter('proto=tcp'), 'delete')).count).toBe(3);
  });

  it('a plan frees its targets after its execution, even if that failed', async () => {
    const clear = vi.spyOn(TargetStore.prototype, 'clear');
    const source = sourceOf(3);
    const table = new ConntrackTable(source);
    await (await table.plan(filter('mark=1'), 'delete')).execute();
    expect(clear).toHaveBeenCalledTimes(1);
    source.deleteMany = () => {
      throw new Error('gone away');
    };
    await failing((await table.plan(filter('mark=2'), 'delete')).execute());
    expect(clear).toHaveBeenCalledTimes(2);
    clear.mockRestore();
  });

  it('a plan expires', async () => {
    let now = 1000;
    const table = open(10, { now: () => now });
    const plan = await table.plan(filter('mark=1-5'), 'delete', { life: 500 });
    expect(plan.expires).toBe(1500);
    now = 1500;
    expect((await failing(plan.execute())).code).toBe('PLAN_EXPIRED');
    expect(await table.count()).toBe(10);
  });

  it('a plan frees its targets once there are too many', async () => {
    const table = open(500);
    const plan = await table.plan(filter('proto=tcp'), 'delete', { maxAffected: 400 });
    expect(plan).toMatchObject({ count: 500, bytes: 0, refusal: { code: 'TOO_MANY_AFFECTED' } });
    expect((await failing(plan.execute())).code).toBe('TOO_MANY_AFFECTED');
    expect(await table.count()).toBe(500);
  });

  it.each([
    [10, 0, true],
    [9, 0, false],
    [12, 2, true],
    [8, 2, true],
    [7, 2, false],
  ])('a plan that expects %i ± %i: %s', async (expected, tolerance, fits) => {
    const table = open();
    const plan = await table.plan(filter('proto=tcp'), 'delete', { expect: expected, tolerance });
    if (fits) expect((await plan.execute()).changed).toBe(10);
    else expect((await failing(plan.execute())).code).toBe('EXPECT_MISMATCH');
    expect(await table.count()).toBe(fits ? 0 : 10);
  });

  it('a plan skips protected flows and those of the call, and counts them separately', async () => {
    const table = open(10, { protect: filter('mark=1,2') });
    const [, , third] = await all(table.list());
    const { src, dst, sport, dport } = third!.original;
    const own = { localAddress: dst, localPort: dport!, remoteAddress: src, remotePort: sport! };
    const plan = await table.plan(filter('proto=tcp'), 'delete', { skip: flowOfSocket(own), expect: 7 });
    expect(plan).toMatchObject({ matched: 10, skipped: 3, count: 7 });
    expect(plan.skips).toEqual([
      { reason: 'protected', count: 2 },
      { reason: 'excluded by this call', count: 1 },
    ]);
    expect(await plan.execute()).toMatchObject({ changed: 7, skipped: 3 });
    expect((await all(table.list())).map(flow => flow.mark)).toEqual([1, 2, 3]);
    expect(await table.deleteMany(filter('proto=tcp'), { skip: flowOfSocket(own) })).toMatchObject({ skipped: 3 });
  });

  it('a flush skips protected flows and those of the call, however many others there are', async () => {
    const table = open(3000, { protect: filter('mark=1,2') });
    const [, , third] = await all(table.list());
    const { src, dst, sport, dport } = third!.original;
    const own = { localAddress: dst, localPort: dport!, remoteAddress: src, remotePort: sport! };
    expect(await table.flush({ family: 'ipv6' })).toMatchObject({ matched: 0, changed: 0 });
    expect(await table.flush({ all: true }, { skip: flowOfSocket(own) })).toMatchObject({
      matched: 3000,
      changed: 2997,
      skipped: 3,
    });
    expect((await all(table.list())).map(flow => flow.mark)).toEqual([1, 2, 3]);
    expect((await failing(table.deleteMany({ kind: 'all' }))).code).toBe('FILTER_REQUIRED');
  });

  it('a plan changes no flow that appeared later or replaced a target', async () => {
    const table = open(5);
    const plan = await table.plan(filter('proto=tcp'), 'delete');
    const [first, second] = await all(table.list());
    await table.delete(first!.key!);
    await table.delete(second!.key!);
    const again = newFlowOf(second!);
    const successor = await table.create({ ...again, timeout: 60 });
    const late = await table.create({
      ...again,
      original: { ...again.original, sport: 9 },
      reply: { ...again.reply!, dport: 9 },
      timeout: 60,
    });
    expect(await plan.execute()).toMatchObject({ changed: 3, gone: 2 });
    expect((await all(table.list())).map(flow => flow.key).sort()).toEqual([successor.key, late.key].sort());
  });

  it('a plan stops between batches and reports what was done', async () => {
    const source = new MemorySource(Array.from({ length: 10 }, (_, i) => tcpFlow(i + 1)));
    const controller = new AbortController();
    const remove = source.delete.bind(source);
    let deleted = 0;
    source.delete = async ref => {
      await remove(ref);
      if (++deleted === 4) controller.abort(new Error('enough'));
    };
    const table = new ConntrackTable(source);
    const plan = await table.plan(filter('proto=tcp'), 'delete');
    const error = await failing(plan.execute({ signal: controller.signal }));
    expect(error).toMatchObject({ code: 'STOPPED', details: { result: { changed: 4, notAttempted: 6 } } });
    expect(error.cause).toMatchObject({ message: 'enough' });
    expect(error.message).toBe('stopped: 4 of 10 flows were changed, 6 were not attempted');
    expect(await table.count()).toBe(6);
  });

  it('a plan that is aborted before it begins is not used up', async () => {
    const plan = await open().plan(filter('proto=tcp'), 'delete');
    await expect(plan.execute({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect((await plan.execute()).changed).toBe(10);
  });

  it('a plan reports what was done if the source fails during the execution', async () => {
    const source = new MemorySource(Array.from({ length: 10 }, (_, i) => tcpFlow(i + 1)));
    const many = source.deleteMany.bind(source);
    source.deleteMany = async function* (refs) {
      let n = 0;
      for await (const outcome of many(refs)) {
        yield outcome;
        if (++n === 3) throw new Error('the socket broke');
      }
    };
    const error = await failing(new ConntrackTable(source).deleteMany(filter('proto=tcp')));
    expect(error).toMatchObject({ code: 'SOURCE_FAILED', details: { result: { changed: 3, notAttempted: 7 } } });
  });

  it('verifying a delete looks again, and reports which flows came back', async () => {
    const source = sourceOf(10);
    const table = new ConntrackTable(source);
    const flows = await all(table.list());
    const plan = await table.plan(filter('mark=1-5'), 'delete');
    beforeTheNextScan(source, () => table.create({ ...newFlowOf(flows[2]!), state: 'CLOSE', timeout: 60 }));
    const { verified } = await plan.execute({ verify: { after: 5 } });
    expect(verified).toMatchObject({ after: 5, looked: 5, back: 1, sameId: 0 });
    expect(verified?.sample[0]?.original).toMatchObject({ sport: flows[2]!.original.sport });
  });

  it('verifying an update reports marks that were changed back', async () => {
    const source = sourceOf(10);
    const table = new ConntrackTable(source);
    const flows = await all(table.list());
    const plan = await table.plan(filter('mark=1-5'), { mark: 0x100, markMask: 0xff00 });
    beforeTheNextScan(source, async () => {
      await table.update(flows[1]!.key!, { mark: 0, markMask: 0xff00 });
      await table.update(flows[2]!.key!, { mark: 7, markMask: 0xff });
    });
    const { verified } = await plan.execute({ verify: { after: 5 } });
    expect(verified).toMatchObject({ looked: 5, back: 1, sameId: 1 });
  });
});

describe('the target store', () => {
  const flows = variedFlows(400).map(
    (flow, i): Flow => ({ ...flow, protocol: '', reply: flow.reply!, id: (i * 2654435761) >>> 0 }) as Flow,
  );
  /** Gives some flows a zone of one direction. */
  const zoned = ({ zone, ...flow }: Flow, i: number): Flow =>
    i % 13 === 0
      ? { ...flow, original: { ...flow.original, zone: 3 } }
      : i % 17 === 0
        ? { ...flow, reply: { ...flow.reply, zone: 4 } }
        : { ...flow, ...(zone !== undefined && { zone }) };

  it('the target store returns what was added, for every protocol, family and zone', () => {
    const store = new TargetStore();
    const given = flows.map(zoned);
    for (const flow of given) store.add(new FlowObjectCursor(flow));
    const keys = [...store.refs()].map(ref => encodeKey({ id: 0, ...ref }));
    expect(keys).toEqual(given.map(flow => encodeKey({ id: 0, ...refOf(flow) })));
    expect(store.count).toBe(400);
  });

  /** Changes one part of the reply tuple, as translation does. */
  const translated = (flow: Flow, i: number): Flow => {
    const { reply, family } = flow;
    const parts = (['src', 'dst', 'sport', 'dport', 'type', 'code', 'id', 'srckey', 'dstkey'] as const).filter(
      each => reply[each] !== undefined,
    );
    const part = parts[i % parts.length]!;
    const host = family === 'ipv4' ? '203.0.113.7' : '2001:db8:ffff::7';
    return {
      ...flow,
      reply: { ...reply, [part]: part === 'src' || part === 'dst' ? host : (reply[part] as number) ^ 1 },
    };
  };

  it.each([false, true])('the target store returns reply tuples, translated or not (strict: %s)', strict => {
    const store = new TargetStore({ strict });
    const given = flows.map(zoned).flatMap((flow, i) => [flow, translated(flow, i)]);
    for (const flow of given) store.add(new FlowObjectCursor(flow));
    for (const [i, ref] of [...store.refs()].entries()) {
      const { packets: _, bytes: __, zone: ___, ...reply } = given[i]!.reply;
      expect(ref.reply).toEqual(reply);
      expect(sameConnection(new FlowObjectCursor(given[i]!), ref)).toBe(true);
      expect(sameConnection(new FlowObjectCursor(given[i ^ 1]!), ref)).toBe(false);
      expect(ref[EVIDENCE]?.mark).toBe(strict ? given[i]!.mark : undefined);
    }
  });

  it('the target store has no reply tuple if the reply is unknown', () => {
    const store = new TargetStore();
    store.add(new FlowObjectCursor({ ...flows[0]!, reply: { src: '', dst: '' } }));
    const [ref] = [...store.refs()];
    expect(ref).not.toHaveProperty('reply');
    expect(refOf({ ...flows[0]!, reply: { src: '', dst: '' } })).not.toHaveProperty('reply');
  });

  it.each([
    ['ipv4', false, false, 24],
    ['ipv4', true, false, 36],
    ['ipv4', true, true, 68],
    ['ipv6', false, false, 48],
    ['ipv6', true, false, 84],
  ])('each target takes few bytes (%s, translated: %s, strict: %s): at most %i', (family, nat, strict, most) => {
    const store = new TargetStore({ strict });
    const some = flows.filter(flow => flow.family === family).map((flow, i) => (nat ? translated(flow, i) : flow));
    for (let i = 0; i < 20_000; i++) store.add(new FlowObjectCursor(some[i % some.length]));
    expect(store.bytes / store.count).toBeLessThanOrEqual(most);
  });

  it('the target store finds changed targets by tuple, and no others', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(399), { maxLength: 200, size: 'max' }),
        fc.infiniteStream(fc.boolean()),
        fc.boolean(),
        (picked, coins, strict) => {
          const store = new TargetStore({ strict });
          for (const i of picked) store.add(new FlowObjectCursor(flows[i]));
          const mark = store.marker();
          const changed = new Set(picked.filter(() => coins.next().value));
          for (const i of picked) mark(changed.has(i));
          const find = store.finder();
          for (const [i, flow] of flows.entries()) {
            const found = find(new FlowObjectCursor({ ...flow, id: 1 }));
            expect(found?.id).toBe(changed.has(i) ? flow.id : undefined);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});
