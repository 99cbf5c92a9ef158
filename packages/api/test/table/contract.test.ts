import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConntrackClient } from '@conntrack/client';
import { RemoteTable } from '@conntrack/client/table';
import { compileFilter } from '@conntrack/filter/compile';
import { encodeKey, type Flow, FlowObjectCursor, invertTuple, type NewFlow } from '@conntrack/flow';
import { formatFlow } from '@conntrack/parser/format';
import { CaptureSource, ConntrackTable, type ListedChange, MemorySource, type Table } from '@conntrack/table';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { all, failing, filter, variedFlows } from '../../../table/test/flows.js';
import { kernelTable, noKernel } from '../../../table/test/namespace.js';
import { serve } from '../../src/index.js';

const COUNT = 240;

/** A flow's tuple and zone as text, which sources with different ids have in common. */
const name = ({ family, protonum, original: { packets: _, bytes: __, ...original }, zone }: Flow): string =>
  encodeKey({ family, protonum, original, id: 0, ...(zone !== undefined && zone !== 0 && { zone }) });
const named = (flows: readonly Flow[]): string[] => flows.map(name).sort();

interface Opened {
  table: Table;
  close(): void | Promise<void>;
}

/** A kernel's table in a namespace of its own, with the flows of the reference. */
async function filledKernel() {
  const made = await kernelTable();
  made.namespace.sysctl('net.netfilter.nf_conntrack_acct', 1);
  await made.table.restore((await reference()).snapshot());
  return made;
}

/** The remote table of a server over it. */
async function served(table: ConntrackTable): Promise<Opened> {
  const token = 'a-token-for-everything';
  const server = await serve({ table, listen: '127.0.0.1:0', adminToken: token, grace: 100 });
  const remote = await RemoteTable.open(new ConntrackClient({ url: server.url, token }));
  return { table: remote, close: () => server.close() };
}

async function capture(format: 'ndjson' | 'conntrack') {
  const folder = mkdtempSync(join(tmpdir(), 'conntrack-table-'));
  const path = join(folder, 'capture');
  const line = (flow: Flow) => `${formatFlow(flow, { format, extended: true, id: true })}\n`;
  writeFileSync(path, (await all((await reference()).list())).map(line).join(''));
  return { table: new ConntrackTable(new CaptureSource(path)), close: () => rmSync(folder, { recursive: true }) };
}

async function reference(): Promise<ConntrackTable> {
  const table = new ConntrackTable(new MemorySource());
  for (const flow of variedFlows(COUNT)) await table.create(flow);
  return table;
}

const SOURCES: readonly { kind: string; skip?: string | undefined; writable: boolean; open(): Promise<Opened> }[] = [
  {
    kind: 'memory',
    writable: true,
    async open() {
      const table = await reference();
      return { table, close: () => table.close() };
    },
  },
  {
    kind: 'kernel',
    skip: noKernel,
    writable: true,
    open: filledKernel,
  },
  ...(['ndjson', 'conntrack'] as const).map(format => ({
    kind: `capture (${format})`,
    writable: false,
    open: () => capture(format),
  })),
  {
    kind: 'remote, of a kernel',
    skip: noKernel,
    writable: true,
    async open() {
      const kernel = await filledKernel();
      const remote = await served(kernel.table);
      return {
        table: remote.table,
        async close() {
          await remote.close();
          kernel.close();
        },
      };
    },
  },
  {
    kind: 'remote, of a capture',
    writable: false,
    async open() {
      const { table, close } = await capture('ndjson');
      const remote = await served(table);
      return {
        table: remote.table,
        async close() {
          await remote.close();
          close();
        },
      };
    },
  },
];

const QUERIES = [
  'proto=tcp',
  'proto=udp&dport=53',
  'family=ipv6',
  'src=10.0.0.1,10.0.1.2',
  'src=10.0.0.0/24&proto=udp',
  'src=2001:db8::2',
  'reply.dst=203.0.113.0/24',
  'state=ESTABLISHED,TIME_WAIT',
  'zone=1',
  'unreplied',
  'assured&proto=tcp',
  'dport=1-100',
  'proto=icmp',
  'proto=gre,esp',
];

/** Replaces tests that make no sense for a source. */
const noSuite = (_name: string, _make: () => void): void => {};

describe.each(SOURCES.map(source => [source.kind, source] as const))('the table contract: %s', (_, source) => {
  describe.skipIf(source.skip)(`reading a table${source.skip ? ` (${source.skip})` : ''}`, () => {
    let opened: Opened;
    let flows: Flow[];
    beforeAll(async () => {
      opened = await source.open();
      flows = await all((await reference()).list());
    });
    afterAll(() => opened?.close());

    const plain = (query: string): Flow[] => {
      const matches = compileFilter(filter(query));
      return flows.filter(flow => matches(new FlowObjectCursor(flow)));
    };

    it.each(QUERIES)('every table %s', async query => {
      const { table } = opened;
      const expected = plain(query);
      expect(expected.length).toBeGreaterThan(0);
      expect(named(await all(table.list({ filter: filter(query) })))).toEqual(named(expected));
      expect(await table.count({ filter: filter(query) })).toBe(expected.length);
    });

    it('every table counts everything, and many filters in one scan', async () => {
      const { table } = opened;
      expect(await table.count()).toBe(COUNT);
      const filters = Object.fromEntries(QUERIES.map(query => [query, filter(query)]));
      const { counts } = await table.counts(filters);
      expect(counts).toEqual(Object.fromEntries(QUERIES.map(query => [query, plain(query).length])));
      const many = Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [`${'n'.repeat(70)} ${i}`, filter(`mark=${i}`)]),
      );
      expect((await table.counts({ ...many, everything: { kind: 'all' } })).counts).toEqual({
        ...Object.fromEntries(Object.keys(many).map((each, i) => [each, plain(`mark=${i}`).length])),
        everything: COUNT,
      });
      expect(await table.counts({})).toEqual({ counts: {}, matched: 0, scanned: expect.any(Number) });
      const odd = await table.counts(Object.fromEntries([['__proto__', filter('proto=tcp')]]));
      expect(Object.entries(odd.counts)).toEqual([['__proto__', plain('proto=tcp').length]]);
      expect((await table.stats()).count).toBe(COUNT);
    });

    it('every table returns pages in order, with every flow once', async () => {
      const { table } = opened;
      const sort = [{ field: 'dst' }, { field: 'sport', descending: true }];
      const found: Flow[] = [];
      let cursor: string | undefined;
      do {
        const page = await table.page({ limit: 50, sort, ...(cursor && { cursor }) });
        expect(page).toMatchObject({ matched: COUNT, scanned: COUNT });
        found.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor);
      expect(named(found)).toEqual(named(flows));
      for (let i = 1; i < found.length; i++)
        if (found[i]!.original.dst === found[i - 1]!.original.dst)
          expect(found[i]!.original.sport ?? -1).toBeLessThanOrEqual(found[i - 1]!.original.sport ?? -1);
    });

    it('every table returns the rows of a list from a number on', async () => {
      const { table } = opened;
      const sort = [{ field: 'dst' }, { field: 'sport', descending: true }];
      const whole = await table.page({ limit: COUNT, sort });
      const page = await table.page({ limit: 7, sort, offset: 20 });
      expect(named(page.items)).toEqual(named(whole.items.slice(20, 27)));
      expect(page).toMatchObject({ matched: COUNT, more: COUNT - 27, next: null });
      const overview = await table.overview({ limit: 7, sort, offset: 20 });
      expect(named(overview.items)).toEqual(named(page.items));
      expect(overview.more).toBe(COUNT - 27);
      expect((await failing(table.page({ limit: 7, offset: 1, cursor: 'x' }))).code).toBe('CURSOR_INVALID');
    });

    it('every table returns top groups', async () => {
      const { items, total, approximate } = await opened.table.top({ by: 'proto', k: 50 });
      const counts = new Map<string, number>();
      for (const { protocol } of flows) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
      expect(new Map(items.map(({ group, value }) => [group, value]))).toEqual(counts);
      expect([total, approximate]).toEqual([COUNT, false]);
    });

    it('every table returns rows, groups and counts together', async () => {
      const { table } = opened;
      const sort = [{ field: 'dst' }, { field: 'sport' }];
      const counts = Object.fromEntries(QUERIES.map(query => [query, filter(query)]));
      const found = await table.overview({ sort, limit: 7, groups: [{ by: ['dst', 'proto'], k: 3 }], counts });
      const { items, more, matched } = await table.page({ sort, limit: 7 });
      // The kernel's timeouts count down between two reads.
      const still = (flows: Flow[]) => flows.map(({ timeout: _, ...rest }) => rest);
      expect(still(found.items)).toEqual(still(items));
      expect(found).toMatchObject({ more, matched });
      expect(found.groups[0]!.items).toEqual((await table.top({ by: 'dst,proto', k: 3 })).items);
      expect(found.counts).toEqual(Object.fromEntries(QUERIES.map(query => [query, plain(query).length])));
    });

    it('every table groups by several fields and prefixes, and each group has its filter', async () => {
      const { table } = opened;
      const asked = { by: ['src/24', 'proto'], distinct: 'dport', metric: 'flows', k: 1000 } as const;
      const { items, by, total } = await table.top(asked);
      expect([by, total]).toEqual(['src/24,proto', COUNT]);
      for (const { values, filter: own, value, distinct } of items) {
        const found = await all(table.list({ filter: filter(own) }));
        expect(found).toHaveLength(value);
        expect(new Set(found.map(({ protocol }) => protocol))).toEqual(new Set([values.proto]));
        expect(new Set(found.flatMap(({ original }) => original.dport ?? [])).size).toBe(distinct);
      }
      expect((await failing(table.top({ by: 'src', distinct: 'colour' }))).code).toBe('SORT_INVALID');
      expect((await failing(table.top({ by: 'src', metric: 'distinct' }))).code).toBe('SORT_INVALID');
    });

    it('every table of a kernel is checked, and no other', async () => {
      const { table } = opened;
      const diagnosis = table.doctor({ interval: 0 });
      if (table.source.kind !== 'kernel') return expect((await failing(diagnosis)).code).toBe('UNSUPPORTED');
      const { source, findings } = await diagnosis;
      expect(source).toEqual(table.source);
      expect(findings.find(({ check }) => check === 'unanswered')?.numbers).toMatchObject({ rows: COUNT });
    });

    it('every table finds single flows by tuple, in either direction', async () => {
      const { table } = opened;
      for (const flow of flows.slice(0, 20)) {
        const { family, protonum, original, reply, zone } = flow;
        const zoned = zone === undefined ? {} : { zone };
        expect(name((await table.lookup({ family, protonum, original, ...zoned }))!)).toBe(name(flow));
        expect(name((await table.lookup({ family, protonum, original: reply, ...zoned }))!)).toBe(name(flow));
      }
      expect(
        await table.lookup({
          family: 'ipv4',
          protonum: 17,
          original: { src: '198.51.100.1', dst: '198.51.100.2', sport: 1, dport: 2 },
        }),
      ).toBeUndefined();
    });

    it('every table stops when a signal is aborted', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(all(opened.table.list({ signal }))).rejects.toThrow('enough');
    });
  });

  (source.writable ? describe.skipIf(source.skip) : noSuite)(`changes${source.skip ? ` (${source.skip})` : ''}`, () => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await source.open();
    });
    afterAll(() => opened?.close());
    const original = { src: '198.51.100.1', dst: '198.51.100.2', sport: 7, dport: 9 };
    const fresh: NewFlow = { family: 'ipv4', protonum: 17, original, timeout: 300, mark: 3 };

    it('every table creates, changes and deletes a flow, with events', async () => {
      const { table } = opened;
      const events = await table.events({ filter: filter('src=198.51.100.1') });
      const { key, reply } = await table.create(fresh);
      const { packets: _, bytes: __, ...inverse } = reply;
      expect(inverse).toEqual(invertTuple(original, 17));
      expect(await failing(table.create(fresh))).toMatchObject({ code: 'FLOW_EXISTS', details: { flow: { key } } });
      expect((await table.update(key!, { mark: 0x10, markMask: 0xf0, timeout: 100 })).mark).toBe(0x13);
      await table.delete(key!);
      expect((await failing(table.get(key!))).code).toBe('FLOW_NOT_FOUND');
      expect((await failing(table.update(key!, { mark: 1 }))).code).toBe('FLOW_NOT_FOUND');
      expect((await failing(table.delete(key!))).code).toBe('FLOW_NOT_FOUND');
      const seen: string[] = [];
      for await (const event of events) {
        seen.push(event.type);
        if (event.type === 'destroy') break;
      }
      expect([seen[0], seen.at(-1)]).toEqual(['new', 'destroy']);
    });

    it('every table deletes and updates a complete flow, and no successor with another translation', async () => {
      const { table } = opened;
      const flow = await table.create({ ...fresh, nat: { dst: { address: '203.0.113.7' } } });
      const { family, protonum, id } = flow;
      const other = { ...flow.reply, src: '203.0.113.8' };
      const ref = { family, protonum, original: flow.original, reply: other, ...(id !== undefined && { id }) };
      const { packets: _, bytes: __, ...reply } = flow.reply;
      expect((await failing(table.delete(ref))).code).toBe('FLOW_REPLACED');
      expect((await failing(table.update(ref, { mark: 1 }))).code).toBe('FLOW_REPLACED');
      const { id: ___, ...unnamed } = ref;
      expect((await failing(table.delete(unnamed))).code).toBe('INVALID_CHANGE');
      expect((await table.update({ ...ref, reply }, { mark: 9 })).mark).toBe(9);
      await table.delete({ ...ref, reply });
      expect((await failing(table.get(flow.key!))).code).toBe('FLOW_NOT_FOUND');
    });

    it('every table makes a list of changes, each with its outcome', async () => {
      const { table } = opened;
      const { key } = await table.create(fresh);
      const list: ListedChange[] = [
        { op: 'create', flow: fresh },
        { op: 'update', key: key!, change: { mark: 7 } },
        { op: 'upsert', flow: { ...fresh, mark: 8 } },
        { op: 'delete', key: key! },
        { op: 'delete', key: key! },
        { op: 'delete', key: 'ct1.none' },
      ];
      const dry = await all(table.changeEach(list.slice(1, 4), { dryRun: true }));
      expect(dry.map(({ outcome }) => outcome)).toEqual(['ready', 'ready', 'ready']);
      const outcomes = await all(table.changeEach(list));
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['exists', 'done', 'done', 'done', 'gone', 'failed']);
      expect(outcomes.map(({ error }) => error?.code)).toEqual([
        ...['FLOW_EXISTS', undefined, undefined, undefined],
        ...['FLOW_NOT_FOUND', 'INVALID_CHANGE'],
      ]);
    });

    it('every table shows what a dry run would do, and does nothing', async () => {
      const { table } = opened;
      const count = await table.count({ filter: filter('proto=tcp') });
      expect(await table.deleteMany(filter('proto=tcp'), { dryRun: true })).toMatchObject({
        dryRun: true,
        matched: count,
        changed: 0,
      });
      expect(await table.count({ filter: filter('proto=tcp') })).toBe(count);
    });

    it('every table makes and restores a snapshot, and reports existing flows and invalid lines', async () => {
      const { table } = opened;
      const text = await all(table.snapshot({ filter: filter('proto=udp') }));
      const count = await table.count({ filter: filter('proto=udp') });
      expect(await table.deleteMany(filter('proto=udp'))).toMatchObject({ changed: count });
      expect(await table.restore(text, { dryRun: true })).toMatchObject({ read: count, ready: count, created: 0 });
      const bad: number[] = [];
      const report = await table.restore([...text, 'no flow\n'], { onBadLine: ({ line }) => bad.push(line) });
      expect(report).toMatchObject({ read: count, created: count, existed: 0, badLines: 1 });
      const reports: unknown[] = [];
      const live = (counts: unknown): void => void reports.push(counts);
      await table.deleteMany(filter('proto=udp'));
      await expect(table.restore([...text, 'no flow\n'], { live })).rejects.toThrow();
      expect(reports).toEqual([expect.objectContaining({ created: count, existed: 0 })]);
      expect(await table.restore(text, { live })).toEqual(reports[1]);
      expect(bad).toEqual([count + 1]);
      expect(await table.restore(text)).toMatchObject({ read: count, created: 0, existed: count });
    });

    it('every table rejects unknown options', async () => {
      const { table } = opened;
      const wrong = { maxAfected: 1 } as never;
      for (const attempt of [
        () => table.plan(filter('proto=tcp'), 'delete', wrong),
        () => table.deleteMany(filter('proto=tcp'), wrong),
        () => table.flush({ all: true }, wrong),
        () => all(table.list(wrong)),
        () => table.count(wrong),
        () => table.events(wrong),
      ])
        await expect((async () => attempt())()).rejects.toThrow("unknown key 'maxAfected'");
    });

    it('every table rejects invalid keys', async () => {
      for (const key of ['', 'ct1.', 'ct2.AQAAAgYAAA', `ct1.${'!'.repeat(28)}`])
        expect((await failing(opened.table.get(key))).code).toBe('KEY_INVALID');
    });

    it('every table plans and executes, and changes nothing outside of the plan', async () => {
      const { table } = opened;
      const before = await all(table.list());
      const aimed = ['proto=udp&dport=53', 'state=TIME_WAIT', 'src=10.0.0.1'].map(filter);
      const tests = aimed.map(each => compileFilter(each));
      const hit = (flow: Flow): boolean => tests.some(test => test(new FlowObjectCursor(flow)));
      const plan = await table.plan(aimed, { mark: 0xabcd });
      expect(plan.count).toBe(before.filter(hit).length);
      expect(plan.filters.map(({ matched }) => matched)).toEqual(
        tests.map(test => before.filter(flow => test(new FlowObjectCursor(flow))).length),
      );
      expect(await plan.execute()).toMatchObject({ changed: plan.count, gone: 0, failed: 0, notAttempted: 0 });
      expect((await failing(plan.execute())).code).toBe('PLAN_USED');
      for (const flow of await all(table.list())) {
        const was = before.find(({ key }) => key === flow.key)!;
        expect(flow.mark).toBe(hit(was) ? 0xabcd : was.mark);
      }
      const removal = await table.plan(filter('mark=0xabcd'), 'delete', { expect: plan.count });
      expect(await removal.execute()).toMatchObject({ changed: plan.count });
      expect(named(await all(table.list()))).toEqual(named(before.filter(flow => !hit(flow))));
    });

    it('every table respects the limits of a change', async () => {
      const { table } = opened;
      const count = await table.count();
      expect((await failing(table.deleteMany({ kind: 'all' }))).code).toBe('FILTER_REQUIRED');
      expect((await failing(table.deleteMany(filter('family=ipv6'), { maxAffected: 2 }))).code).toBe(
        'TOO_MANY_AFFECTED',
      );
      expect((await failing(table.deleteMany(filter('family=ipv6'), { expect: 2, tolerance: 1 }))).code).toBe(
        'EXPECT_MISMATCH',
      );
      expect(await table.count()).toBe(count);
    });

    it('every table finds a flow by a complete tuple only', async () => {
      const { table } = opened;
      const { sport: _, ...half } = original;
      const tuples = [half, { ...original, src: '::1' }, { ...original, dst: 'host' }, { src: original.src }];
      for (const each of tuples as never[]) {
        expect((await failing(table.create({ ...fresh, original: each }))).code).toBe('INVALID_CHANGE');
        const lookup = table.lookup({ family: 'ipv4', protonum: 17, original: each });
        expect((await failing(lookup)).code).toBe('INVALID_CHANGE');
      }
      expect(await table.lookup({ family: 'ipv4', protonum: 17, original })).toBeUndefined();
    });

    it('every table can only detach a helper, and says so', async () => {
      const { table } = opened;
      const { key } = await table.create(fresh);
      expect((await failing(table.update(key!, { helper: 'ftp' } as never))).code).toBe('INVALID_CHANGE');
      await table.delete(key!);
    });

    it('every table reconciles and drains, with a deadline that stays', async () => {
      const { table } = opened;
      const stale = await table.count({ filter: filter('mark=2&family=ipv4') });
      expect(stale).toBeGreaterThan(0);
      const what = { scope: filter('mark=2'), keep: filter('family=ipv6') };
      expect(await table.reconcile(what, { expect: stale })).toMatchObject({ changed: stale, failed: 0 });
      expect((await failing(table.reconcile({ ...what, scope: { kind: 'and', terms: [] } }))).code).toBe(
        'FILTER_REQUIRED',
      );
      const drained = { filter: filter('mark=3'), within: 40 };
      const { changed } = await table.drain(drained);
      expect(changed).toBeGreaterThan(0);
      expect(await table.drain({ ...drained, within: 400 })).toMatchObject({ changed: 0, skipped: changed });
      for (const flow of await all(table.list({ filter: filter('mark=3') }))) expect(flow.timeout).toBeLessThan(41);
    });

    it('every table plans a reconciliation and a drain, changes nothing before, and shows growing counts', async () => {
      const { table } = opened;
      const entry = { ...fresh, original: { ...original, sport: 77 }, mark: 77 };
      const flow = await table.create(entry);
      const scope = filter('mark=77');
      const drain = await table.planDrain({ filter: scope, within: 50 }, { maxAffected: 5 });
      expect(drain).toMatchObject({ count: 1, matched: 1, skipped: 0, refusal: undefined });
      expect(drain.change).toEqual({ timeout: 50, status: ['FIXED_TIMEOUT'] });
      expect(drain.filters).toEqual([{ filter: 'mark=0x4d', matched: 1 }]);
      expect((await table.get(flow.key!)).timeout).toBeGreaterThan(50);
      const counts: unknown[] = [];
      expect(await drain.execute({ live: result => counts.push(result) })).toMatchObject({ changed: 1, failed: 0 });
      expect(counts).toHaveLength(1);
      expect((await table.get(flow.key!)).timeout).toBeLessThan(51);
      const again = await table.planDrain({ filter: scope, within: 50 });
      expect(again).toMatchObject({ count: 0, skips: [{ reason: 'already has a deadline', count: 1 }] });

      const kept = await table.planReconcile({ scope, keep: filter('proto=udp') });
      expect(kept).toMatchObject({ count: 0, change: 'delete' });
      const plan = await table.planReconcile({ scope, keep: [] }, { expect: 2 });
      expect(plan).toMatchObject({ count: 1, refusal: { code: 'EXPECT_MISMATCH' }, sample: [{ mark: 77 }] });
      expect((await failing(plan.execute())).code).toBe('EXPECT_MISMATCH');
      expect(await (await table.planReconcile({ scope, keep: [] })).execute()).toMatchObject({ changed: 1 });
      expect(await table.lookup(entry)).toBeUndefined();
    });

    it('every table flushes only what the scope says', async () => {
      const { table } = opened;
      const count = await table.count();
      for (const scope of [
        {},
        { all: false },
        { protonum: 6 },
        { all: true, mark: 1 },
        { mark: 0, markMask: 0 },
        { markMask: 1 },
        { family: 'IPv4' },
        { family: 2 },
        { zone: undefined },
      ] as never[])
        expect((await failing(table.flush(scope))).code).toBe('INVALID_CHANGE');
      expect(await table.count()).toBe(count);
    });

    it('every table flushes the given scope', async () => {
      const { table } = opened;
      const v4 = await table.count({ filter: filter('family=ipv4') });
      await table.flush({ family: 'ipv6' });
      expect(await table.count()).toBe(v4);
      await table.flush({ all: true });
      expect(await table.count()).toBe(0);
    });
  });

  (source.writable ? noSuite : describe)('changes', () => {
    it('writes to a read-only table are rejected', async () => {
      const { table, close } = await source.open();
      const attempts = [
        table.deleteMany(filter('proto=tcp')),
        table.plan(filter('proto=tcp'), 'delete'),
        table.drain({ filter: filter('proto=tcp'), within: 5 }),
        table.flush({ all: true }),
        table.restore([]),
      ];
      for (const attempt of attempts) expect((await failing(attempt)).code).toBe('READ_ONLY');
      expect((await failing(table.events())).code).toBe('UNSUPPORTED');
      await close();
    });
  });
});

describe('the Table interface', () => {
  it('local and remote tables implement the Table interface with the same options', () => {
    expectTypeOf<ConntrackTable>().toExtend<Table>();
    expectTypeOf<RemoteTable>().toExtend<Table>();
    type Call = Exclude<
      { [K in keyof Table]: Table[K] extends (...given: never[]) => unknown ? K : never }[keyof Table],
      'counts'
    >;
    expectTypeOf<{ [K in Call]: Parameters<RemoteTable[K]> }>().toEqualTypeOf<{ [K in Call]: Parameters<Table[K]> }>();
  });
});
