// Windows of sorted lists: rows by their number in an order, from views of the index.
import type { Flow, FlowEvent } from '@conntrack/flow';
import { FlowEntry, FlowIndex } from '@conntrack/index';
import type { Conntrack } from '@conntrack/netlink';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConntrackTable, type IndexOptions, MemorySource, type Page, type SortTerm } from '../../../src/index.js';
import { SortedViews } from '../../../src/source/indexed/sorted-views.js';
import { failing, filter, tcpFlow } from '../../flows.js';
import { noKernel } from '../../namespace.js';
import { type Indexed, openIndexed, udp } from './indexed.js';

const COUNT = 12_500;
const BY_MARK: readonly SortTerm[] = [{ field: 'mark', descending: true }, { field: 'sport' }];

describe.skipIf(noKernel !== undefined)(`sorted views of the index (${noKernel ?? 'real kernel'})`, () => {
  const open: Indexed[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
  });

  async function filled(count: number, options: IndexOptions = {}): Promise<Indexed> {
    const of = await openIndexed(options, async (other, namespace) => {
      namespace.sysctl('netfilter.nf_conntrack_events', 1);
      await fill(other, count);
    });
    open.push(of);
    await expect.poll(async () => (await of.source.capabilities()).index!.state).toBe('live');
    return of;
  }
  async function fill(other: Conntrack, count: number): Promise<void> {
    const flows = Array.from({ length: count }, (_, i) => udp(i + 1, { mark: (i * 7) % 100 }));
    for await (const { outcome } of other.createMany(flows)) expect(outcome).toBe('done');
  }
  const ports = ({ items }: Pick<Page, 'items'>): (number | undefined)[] => items.map(({ original }) => original.sport);
  const expectedPorts = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => ({ port: i + 1, mark: (i * 7) % 100 }))
      .sort((one, other) => other.mark - one.mark || one.port - other.port)
      .map(({ port }) => port);

  test('windows have the rows at their numbers in the order, over the whole table', async () => {
    const { table } = await filled(COUNT);
    const expected = expectedPorts(COUNT);
    for (const [offset, limit] of [
      [0, 5],
      [11_990, 30],
      [COUNT - 3, 10],
      [COUNT, 10],
      [COUNT + 5, 10],
      [12_000, 0],
    ] as const) {
      const window = await table.page({ sort: BY_MARK, offset, limit });
      expect(ports(window)).toEqual(expected.slice(offset, offset + limit));
      expect(window).toMatchObject({ matched: COUNT, next: null, more: Math.max(0, COUNT - offset - limit) });
    }
  });

  test('a window and an overview have the same rows, and the overview counts and groups all flows', async () => {
    const { table } = await filled(COUNT);
    const found = await table.overview({
      sort: BY_MARK,
      offset: 12_000,
      limit: 3,
      groups: [{ by: 'dport' }],
      counts: { low: filter('sport<=10') },
    });
    expect(ports(found)).toEqual(expectedPorts(COUNT).slice(12_000, 12_003));
    expect(found).toMatchObject({ matched: COUNT, more: COUNT - 12_003, counts: { low: 10 } });
    expect(found.groups[0]!.items).toMatchObject([{ group: '53', value: COUNT }]);
    const alone = await table.overview({ sort: BY_MARK, offset: 12_000, limit: 3 });
    expect(alone).toEqual({ ...found, groups: [], counts: {}, scanned: COUNT });
  });

  test('a window of a filter, and of a caller with a filter, has only matching rows', async () => {
    const { table } = await filled(1000);
    const sort = [{ field: 'sport', descending: true }];
    const window = await table.page({ filter: filter('mark=7'), sort, offset: 2, limit: 3 });
    expect(window).toMatchObject({ matched: 10, more: 5 });
    expect(ports(window)).toEqual([702, 602, 502]);
    const view = table.view({ filter: filter('sport<=250') });
    const limited = await view.page({ filter: filter('mark=7'), sort, offset: 1, limit: 10 });
    expect(limited).toMatchObject({ matched: 3, more: 0 });
    expect(ports(limited)).toEqual([102, 2]);
  });

  test('a program sees its own changes in a window at once', async () => {
    const { table } = await filled(200);
    const sort = [{ field: 'sport' }];
    const first = await table.page({ sort, offset: 0, limit: 3 });
    expect(ports(first)).toEqual([1, 2, 3]);
    await table.delete(first.items[0]!);
    await table.create(udp(60_000));
    const second = await table.page({ sort, offset: 0, limit: 3 });
    expect(ports(second)).toEqual([2, 3, 4]);
    expect(second.matched).toBe(200);
    expect(ports(await table.page({ sort, offset: 199, limit: 3 }))).toEqual([60_000]);
  });

  test('a view sorted by what changes without an event is made after a dump, and is read without one', async () => {
    const { table, source } = await filled(100, { refreshInterval: 0 });
    const dumps = async (sort: readonly SortTerm[]): Promise<number> => {
      const { resyncs } = source.indexState();
      expect((await table.page({ sort, offset: 10, limit: 5 })).items).toHaveLength(5);
      return source.indexState().resyncs - resyncs;
    };
    expect(await dumps([{ field: 'timeout' }])).toBe(1);
    expect(await dumps([{ field: 'timeout' }])).toBe(0);
    expect(await dumps([{ field: 'sport' }])).toBe(0);
  });

  test('rows after the first 10,000 of the kernel’s table itself are refused with what to do', async () => {
    const of = await filled(10);
    const fresh = await failing(of.table.page({ sort: BY_MARK, offset: 9_990, limit: 11, fresh: true }));
    expect(fresh).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(/Leave out fresh/) });
    const kernel = new ConntrackTable(of.kernel);
    const error = await failing(kernel.overview({ sort: BY_MARK, offset: 10_000, limit: 1 }));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(
        /offset \+ limit is 10001, but .* without an index\. Start the server with --index/,
      ),
    });
    expect(ports(await kernel.page({ sort: BY_MARK, offset: 3, limit: 2 }))).toEqual(expectedPorts(10).slice(3, 5));
    of.source.close();
    const off = await failing(of.table.page({ sort: BY_MARK, offset: 10_000, limit: 1 }));
    expect(off).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(/the index was switched off/) });
  });
});

describe('a view that is kept', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const SORT = [{ field: 'mark', descending: true }];
  const flowOf = (n: number): Flow => tcpFlow(n, { id: n });

  /** An index of TCP flows, where flow n has the mark n, and how often a view was made. */
  function small(count: number) {
    const index = new FlowIndex({ now: () => performance.now() });
    const apply = (n: number, type: FlowEvent['type'], more: Partial<Flow> = {}): void =>
      index.event(new FlowEntry().move({ ...flowOf(n), ...more }, type));
    for (let n = 1; n <= count; n++) apply(n, 'new');
    const views = new SortedViews();
    const prepare = vi.fn(async () => index);
    const marks = async (from: number, end: number, query = '') => {
      const view = await views.get({ sort: SORT, ...(query !== '' && { filter: filter(query) }) }, 0, prepare);
      const found: number[] = [];
      for (const cursor = view.cursor(from, end); cursor.next(); ) found.push(cursor.mark());
      return { found, matched: view.matched };
    };
    return { apply, views, prepare, marks };
  }

  test('keeps its order while a reader scrolls, and leaves out flows that ended or stopped matching', async () => {
    const { apply, marks, prepare } = small(20);
    expect(await marks(0, 5, 'state=ESTABLISHED')).toEqual({ found: [19, 17, 15, 13, 11], matched: 10 });
    apply(17, 'destroy');
    apply(15, 'update', { state: 'CLOSE' });
    apply(13, 'update', { mark: 500 });
    apply(21, 'new');
    expect(await marks(0, 5, 'state=ESTABLISHED')).toEqual({ found: [19, 500, 11], matched: 10 });
    expect(await marks(5, 7, 'state=ESTABLISHED')).toEqual({ found: [9, 7], matched: 10 });
    expect(prepare).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2000);
    expect(await marks(0, 3, 'state=ESTABLISHED')).toEqual({ found: [500, 21, 19], matched: 9 });
    expect(prepare).toHaveBeenCalledTimes(2);
  });

  test('does not show another connection that has the memory of a row that ended', async () => {
    const { apply, marks } = small(5);
    expect((await marks(0, 5)).found).toEqual([5, 4, 3, 2, 1]);
    apply(3, 'destroy');
    apply(6, 'new');
    expect((await marks(0, 5)).found).toEqual([5, 4, 2, 1]);
  });

  test('is one for all who ask at the same time, and one for each filter and order', async () => {
    const { marks, prepare, views } = small(100);
    await Promise.all([marks(0, 1), marks(50, 60), marks(99, 100)]);
    expect(prepare).toHaveBeenCalledTimes(1);
    expect(views.bytes).toBe(800);
    await marks(0, 1, 'mark<=50');
    expect(prepare).toHaveBeenCalledTimes(2);
    expect(views.bytes).toBe(1200);
    vi.advanceTimersByTime(10_000);
    expect(views.bytes).toBe(0);
  });

  test('is not kept if it could not be made', async () => {
    const { views, marks } = small(3);
    const failed = views.get({ sort: SORT }, 0, () => Promise.reject(new Error('no dump')));
    await expect(failed).rejects.toThrow('no dump');
    expect((await marks(0, 3)).found).toEqual([3, 2, 1]);
  });
});

test('without an index, a window of the first 10,000 rows has the rows of the pages', async () => {
  const table = new ConntrackTable(new MemorySource());
  for (let port = 1; port <= 30; port++) await table.create(udp(port, { mark: port % 4 }));
  const whole = await table.page({ sort: BY_MARK, limit: 30 });
  const window = await table.page({ sort: BY_MARK, offset: 7, limit: 5 });
  expect(window.items).toEqual(whole.items.slice(7, 12));
  expect(window).toMatchObject({ more: 18, matched: 30, next: null });
  expect((await table.page({ sort: BY_MARK, offset: 28, limit: 5 })).items).toEqual(whole.items.slice(28));
  expect(await table.overview({ sort: BY_MARK, offset: 7, limit: 5 })).toMatchObject({ items: window.items, more: 18 });
});

test('a window with a cursor, or sorted by more than four fields, is refused', async () => {
  const table = new ConntrackTable(new MemorySource());
  expect(await failing(table.page({ offset: 1, limit: 1, cursor: 'x' }))).toMatchObject({ code: 'CURSOR_INVALID' });
  const sort = ['mark', 'sport', 'src', 'dst', 'zone'].map(field => ({ field }));
  expect(await failing(table.page({ sort, offset: 1, limit: 1 }))).toMatchObject({
    code: 'SORT_INVALID',
    message: expect.stringMatching(/at most 4 fields/),
  });
});
