// The index over the real kernel: after any changes, its rows are those of a dump.
import { type Flow, type FlowRef, type NewFlow, refOf } from '@conntrack/flow';
import { FlowEntry, FlowIndex } from '@conntrack/index';
import { Namespace } from '@conntrack/lab';
import { Conntrack } from '@conntrack/netlink';
import { afterEach, describe, expect, test } from 'vitest';
import { ConntrackTable, type IndexOptions, KernelSource, openTable, TableError } from '../../../src/index.js';
import { IndexedSource } from '../../../src/source/indexed/indexed-source.js';
import { failing, filter } from '../../flows.js';
import { noKernel } from '../../namespace.js';
import { becomesEqual as rowsBecomeEqual, rowsOf } from './rows.js';

interface Kind {
  protonum?: number;
  icmp?: true;
  gre?: true;
  nat?: true;
  state?: string;
  zone?: number;
  original?: { zone: number };
  reply?: { zone: number };
}

interface Indexed {
  readonly namespace: Namespace;
  readonly kernel: KernelSource;
  readonly source: IndexedSource;
  readonly table: ConntrackTable;
  /** A client beside the table. */
  readonly other: Conntrack;
}

describe.skipIf(noKernel !== undefined)(`the index over the kernel (${noKernel ?? 'real'})`, () => {
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const close of open.splice(0).reverse()) close();
  });

  async function indexed(
    options: IndexOptions = {},
    before: (other: Conntrack, namespace: Namespace) => Promise<void> = async () => {},
  ): Promise<Indexed> {
    const namespace = Namespace.create();
    open.push(() => namespace.close());
    const other = Conntrack.open({ netns: namespace.fd });
    open.push(() => other.close());
    await before(other, namespace);
    const kernel = await KernelSource.open({ netns: namespace.fd });
    const report = (error: unknown): void => {
      throw error;
    };
    const source = await IndexedSource.open(kernel, { report, ...options });
    open.push(() => source.close());
    return { namespace, kernel, source, table: new ConntrackTable(source), other };
  }

  const stateOf = async ({ source }: Indexed) => (await source.capabilities()).index!;
  const becomesLive = (of: Indexed): Promise<void> =>
    expect.poll(async () => (await stateOf(of)).state).toBe('live') as unknown as Promise<void>;

  const becomesEqual = ({ source }: Indexed): Promise<void> => rowsBecomeEqual(source);

  const udp = (port: number, more: Partial<Parameters<Conntrack['create']>[0]> = {}) => ({
    family: 'ipv4' as const,
    protonum: 17,
    original: { src: '10.0.0.1', dst: '10.0.0.2', sport: port, dport: 53 },
    timeout: 300,
    ...more,
  });
  const many = (count: number) => Array.from({ length: count }, (_, i) => udp(i + 1));
  const createMany = async (other: Conntrack, count: number): Promise<void> => {
    for await (const { outcome } of other.createMany(many(count))) expect(outcome).toBe('done');
  };

  test('lists, counts, groups and pages are answered from the index once it is live', async () => {
    const of = await indexed({}, other => createMany(other, 500));
    await becomesLive(of);
    await becomesEqual(of);
    const { table } = of;
    expect(await table.count({ filter: filter('sport=7') })).toBe(1);
    expect(await table.count({ filter: filter('src=10.0.0.1') })).toBe(500);
    expect((await table.top({ by: 'src' })).items).toMatchObject([{ group: '10.0.0.1', value: 500 }]);
    const page = await table.page({ filter: filter('dport=53'), sort: [{ field: 'sport' }], limit: 3 });
    expect(page.items.map(({ original }) => original.sport)).toEqual([1, 2, 3]);
    expect(page.more).toBe(497);
    const counts = await table.counts({ seven: filter('sport=7'), udp: filter('proto=udp') });
    expect(counts).toEqual({ counts: { seven: 1, udp: 500 }, matched: 500, scanned: 500 });
    expect(await table.count({ filter: filter('sport<=10'), fresh: true })).toBe(10);
  });

  test('a filter for one address reads only the rows of the address', async () => {
    const of = await indexed({}, other => createMany(other, 1000));
    await of.other.create(udp(1, { original: { src: '10.0.0.9', dst: '10.0.0.2', sport: 1, dport: 1 } }));
    await becomesLive(of);
    await becomesEqual(of);
    const page = await of.table.page({ filter: filter('src=10.0.0.9'), limit: 10 });
    expect([page.scanned, page.matched]).toEqual([1, 1]);
  });

  test('events keep the index equal to the table', async () => {
    const of = await indexed();
    await becomesLive(of);
    await createMany(of.other, 3000);
    await becomesEqual(of);
    for (let port = 1; port <= 20; port++) await of.other.update(refOf(await found(of, port)), { mark: port });
    await becomesEqual(of);
    for (let port = 1; port <= 20; port++) await of.other.update(refOf(await found(of, port)), { mark: 0 });
    for (let port = 21; port <= 40; port++) await of.other.delete(refOf(await found(of, port)));
    await becomesEqual(of);
    await of.other.flush({ all: true });
    await becomesEqual(of);
    expect(await stateOf(of)).toMatchObject({ state: 'live', gaps: 0, entries: 0, drift: 0 });
  });
  const found = async (of: Indexed, port: number): Promise<Flow> => (await of.other.get(udp(port) as FlowRef))!;

  test('after lost events, the index reads the table again and is equal to it', async () => {
    const of = await indexed({ buffer: 1 });
    await becomesLive(of);
    await createMany(of.other, 20_000);
    await expect.poll(async () => (await stateOf(of)).gaps).toBeGreaterThan(0);
    await becomesLive(of);
    await becomesEqual(of);
    await of.other.flush({ all: true });
    await becomesEqual(of);
  });

  test('the end of an entry that is older than the index is noticed without an event', async () => {
    const of = await indexed({ checkInterval: 20 }, other => createMany(other, 700));
    await becomesLive(of);
    await of.other.delete(refOf(await found(of, 5)));
    await becomesEqual(of);
    await of.other.flush({ all: true });
    await becomesEqual(of);
    expect(await stateOf(of)).toMatchObject({ uncertain: 0, entries: 0, drift: 0 });
  });

  test('look-ups find older entries of every kind: zones of one direction, IPv6, ICMP, GRE, SCTP', async () => {
    const address = (family: string, host: number): string =>
      family === 'ipv4' ? `10.0.0.${host}` : `2001:db8::${host}`;
    const kinds = (['ipv4', 'ipv6'] as const).flatMap(family =>
      [
        {},
        { zone: 7 },
        { original: { zone: 7 } },
        { reply: { zone: 7 } },
        { protonum: 132, state: 'ESTABLISHED' },
        { protonum: family === 'ipv4' ? 1 : 58, icmp: true },
        { protonum: 47, gre: true },
        { protonum: 136 },
        { nat: true },
      ].map((kind, i): NewFlow => {
        const { protonum = 17, icmp, gre, nat, state, zone, original = {}, reply = {} } = kind as Kind;
        const [src, dst] = [address(family, i + 1), address(family, 99)];
        const v4 = family === 'ipv4';
        const parts = icmp
          ? [
              { type: v4 ? 8 : 128, code: 0, id: 5 },
              { type: v4 ? 0 : 129, code: 0, id: 5 },
            ]
          : gre
            ? [
                { srckey: 0, dstkey: 3 },
                { srckey: 3, dstkey: 0 },
              ]
            : [
                { sport: 5, dport: 53 },
                { sport: 53, dport: 5 },
              ];
        return {
          family,
          protonum,
          original: { src, dst, ...parts[0], ...original },
          reply: { src: dst, dst: nat ? address(family, 77) : src, ...parts[1], ...reply },
          timeout: 300,
          ...(state && { state, protoinfo: { vtag: { original: 1, reply: 2 } } }),
          ...(zone && { zone }),
        };
      }),
    );
    const of = await indexed({ checkInterval: 5 }, async other => {
      for (const flow of kinds) await other.create(flow);
    });
    await becomesLive(of);
    await becomesEqual(of);
    const { resyncs } = await stateOf(of);
    // Several rounds of look-ups.
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(await stateOf(of)).toMatchObject({ uncertain: kinds.length, entries: kinds.length, resyncs });
    expect(await rowsOf(of.source, true)).toEqual(await rowsOf(of.source, false));
    for (const flow of await rowsOf(of.source, false)) await of.other.delete(refOf(flow));
    await becomesEqual(of);
  });

  test('the audit finds what the index missed, and counts it as drift', async () => {
    const index = new FlowIndex({ now: () => performance.now() });
    const of = await indexed({ index, auditInterval: 500 });
    await becomesLive(of);
    await createMany(of.other, 3);
    await becomesEqual(of);
    const [two, three] = [await found(of, 2), await found(of, 3)];
    // Just after an audit, so that no dump is running.
    const { resyncs } = await stateOf(of);
    await expect.poll(async () => (await stateOf(of)).resyncs, { interval: 5 }).toBeGreaterThan(resyncs);
    index.event(new FlowEntry().move(two, 'destroy'));
    index.event(new FlowEntry().move({ ...three, mark: 99 }, 'update'));
    await becomesEqual(of);
    await expect.poll(async () => (await stateOf(of)).drift).toBe(2);
  });

  test('a change by filter hits what the kernel has, whatever the index says', async () => {
    const index = new FlowIndex({ now: () => performance.now() });
    const of = await indexed({ index });
    await becomesLive(of);
    await createMany(of.other, 5);
    await becomesEqual(of);
    // Lies: entry 1 has mark 7, entry 2 does not exist, and an entry that the kernel does not have.
    index.event(new FlowEntry().move({ ...(await found(of, 1)), mark: 7 }, 'update'));
    index.event(new FlowEntry().move(await found(of, 2), 'destroy'));
    const ghost = { ...(await found(of, 3)), id: 12345, mark: 7 };
    ghost.original = { ...ghost.original, sport: 999 };
    index.event(new FlowEntry().move(ghost, 'new'));
    const { table } = of;
    expect(await table.count({ filter: filter('mark=7') })).toBe(2);
    expect(await table.deleteMany(filter('mark=7'))).toMatchObject({ matched: 0, changed: 0 });
    expect((await table.plan(filter('mark=7'), 'delete')).count).toBe(0);
    expect(await table.updateMany(filter('sport=2'), { mark: 3 })).toMatchObject({ matched: 1, changed: 1 });
    expect(await table.drain({ filter: filter('sport=999'), within: 60 })).toMatchObject({ matched: 0 });
    expect(await table.reconcile({ scope: filter('dport=53'), keep: filter('sport=2') })).toMatchObject({ changed: 4 });
    expect((await of.other.count()).count).toBe(1);
    const lines: string[] = [];
    for await (const text of table.snapshot()) lines.push(text);
    expect(lines.join('').trim().split('\n')).toHaveLength(1);
  });

  test('counters and timeouts that a filter needs are read from the kernel, once for all who ask at the same time', async () => {
    const of = await indexed({}, other => createMany(other, 10));
    await becomesLive(of);
    const before = (await stateOf(of)).resyncs;
    await expect
      .poll(async () => {
        const answers = await Promise.all([1, 2, 3].map(() => of.table.count({ filter: filter('timeout>100') })));
        expect(answers).toEqual([10, 10, 10]);
        return (await stateOf(of)).resyncs;
      })
      .toBe(before + 1);
  });

  test('a question about what no event shows is answered from a dump: start, use count, bits of offloading', async () => {
    const of = await indexed({ refreshInterval: 0 }, async (_, namespace) =>
      namespace.sysctl('netfilter.nf_conntrack_timestamp', 1),
    );
    await becomesLive(of);
    await of.other.create(udp(1, { zone: 7 }));
    const { table } = of;
    await expect.poll(() => table.count({ filter: filter('zone=7') })).toBe(1);
    expect(await table.count({ filter: filter('start>2020-01-01') })).toBe(1);
    expect(await table.count({ filter: filter('age>1d') })).toBe(0);
    const dumps = async (ask: () => Promise<unknown>): Promise<number> => {
      const { resyncs } = await stateOf(of);
      await ask();
      return (await stateOf(of)).resyncs - resyncs;
    };
    const where = filter('zone=7');
    expect(await dumps(() => table.count({ filter: filter('status=OFFLOAD') }))).toBe(1);
    expect(await dumps(() => table.count({ filter: filter('status!=HW_OFFLOAD') }))).toBe(1);
    expect(await dumps(() => table.count({ filter: filter('status=ASSURED') }))).toBe(0);
    expect(await dumps(() => table.page({ filter: where, sort: [{ field: 'start' }], limit: 5 }))).toBe(1);
    for (const by of ['use', 'offload', 'status', 'src,use']) expect(await dumps(() => table.top({ by }))).toBe(1);
    expect(await dumps(() => table.top({ by: 'src', distinct: 'use' }))).toBe(1);
    expect(await dumps(() => table.top({ by: 'src,dport', distinct: 'state' }))).toBe(0);
    expect(await dumps(() => table.overview({ filter: where, limit: 1, groups: [{ by: 'use' }] }))).toBe(1);
    expect(await dumps(() => table.overview({ limit: 1, counts: { start: filter('start>2020-01-01') } }))).toBe(1);
    expect(await dumps(() => table.overview({ limit: 1, groups: [{ by: 'src' }], counts: { where } }))).toBe(0);
  });

  test('a dump for a question that fails is reported, switches the index off, and the kernel answers', async () => {
    const reports: unknown[] = [];
    const of = await indexed({ refreshInterval: 0, report: error => reports.push(error) }, other =>
      createMany(other, 10),
    );
    await becomesLive(of);
    const failure = new TableError('SOURCE_FAILED', 'too many open files');
    const scan = of.kernel.scan.bind(of.kernel);
    // biome-ignore lint/correctness/useYield: this dump fails before its first entry
    of.kernel.scan = async function* () {
      of.kernel.scan = scan;
      throw failure;
    };
    expect(await of.table.count({ filter: filter('timeout>100') })).toBe(10);
    expect(reports).toEqual([failure]);
    expect(await stateOf(of)).toMatchObject({ state: 'off', reason: 'the index failed: too many open files' });
  });

  test('a program reads its own changes at once', async () => {
    const of = await indexed();
    await becomesLive(of);
    const { table } = of;
    for (let port = 1; port <= 10; port++) {
      const { key } = await table.create({ ...udp(port), timeout: 60 });
      expect(await table.count({ filter: filter(`sport=${port}`) })).toBe(1);
      await table.update(key!, { mark: port });
      expect(await table.count({ filter: filter(`mark=${port}`) })).toBe(1);
      await table.delete(key!);
      expect(await table.count({ filter: filter(`sport=${port}`) })).toBe(0);
    }
    await table.create(udp(1));
    await table.deleteMany(filter('sport=1'));
    expect(await table.count({ filter: filter('sport=1') })).toBe(0);
    await table.create(udp(2));
    await table.flush({ all: true });
    expect(await table.count({ filter: filter('sport=2') })).toBe(0);
  });

  test('above its memory limit the index switches itself off, says so, and the kernel answers', async () => {
    const reports: unknown[] = [];
    const of = await indexed({ maxBytes: 20_000, report: error => reports.push(error) });
    await createMany(of.other, 2000);
    await expect.poll(async () => (await stateOf(of)).state).toBe('off');
    expect(await stateOf(of)).toMatchObject({
      reason: expect.stringMatching(/^the index needed more than its maximum of 20000 bytes/),
      entries: 0,
      bytes: 0,
    });
    expect(await of.table.count({ filter: filter('sport=7') })).toBe(1);
    expect(reports).toEqual([]);
  });

  test('a kernel that sends no events cannot have an index', async () => {
    const error = await failing(
      indexed({}, async (_, namespace) => void namespace.sysctl('netfilter.nf_conntrack_events', 0)),
    );
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(/nf_conntrack_events is 0/) });
  });

  test('openTable opens a table with an index; other sources than the kernel cannot have one', async () => {
    const namespace = Namespace.create();
    open.push(() => namespace.close());
    const table = await openTable('kernel', { netns: namespace.fd, index: { buffer: 1000 } });
    open.push(() => table.close());
    await expect.poll(async () => (await table.capabilities()).index?.state).toBe('live');
    expect(await failing(openTable('memory', { index: true }))).toMatchObject({ code: 'SOURCE_UNUSABLE' });
    expect(await failing(openTable('kernel', { index: { maxBites: 1 } as never }))).toMatchObject({
      message: expect.stringMatching(/unknown key 'maxBites'/),
    });
  });
});
