import type { NewFlow } from '@conntrack/flow';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConntrackTable, type ListedChange, MemorySource } from '../../src/index.js';
import { all, filter } from '../flows.js';
import { kernelTable, noKernel } from '../namespace.js';

const udp = (sport: number, more: Partial<NewFlow> = {}): NewFlow => ({
  family: 'ipv4',
  protonum: 17,
  original: { src: '10.1.1.1', dst: '192.0.2.53', sport, dport: 53 },
  timeout: 300,
  ...more,
});

type Made = { table: ConntrackTable; close: () => void };
const memory = async (): Promise<Made> => {
  const table = new ConntrackTable(new MemorySource(), { protect: filter('mark=22') });
  return { table, close: () => table.close() };
};

describe.each([
  ['memory', memory, undefined],
  ['the kernel', () => kernelTable({ protect: filter('mark=22') }), noKernel],
] as const)('a list of changes over %s', (_, open, missing) => {
  let made: Made;
  beforeAll(async () => {
    if (missing === undefined) made = await open();
  });
  afterAll(() => made?.close());
  const outcomes = async (changes: ListedChange[], options = {}) =>
    (await all(made.table.changeEach(changes, options))).map(({ error, ...rest }) => rest);

  beforeEach(({ skip }) => skip(missing !== undefined, missing));

  it(`a list of changes yields the outcome of each change, and changes only the intended flows`, async () => {
    const { table } = made;
    const [one, two, three] = [await table.create(udp(1)), await table.create(udp(2)), await table.create(udp(3))];
    const kept = await table.create(udp(4, { mark: 22 }));
    const nat = await table.create(udp(5, { nat: { src: { address: '203.0.113.1', port: 5555 } } }));
    await table.delete(three.key!);
    const changes: ListedChange[] = [
      { op: 'delete', key: one.key! },
      { op: 'update', key: two.key!, change: { mark: 7 } },
      { op: 'delete', key: three.key! },
      { op: 'delete', key: kept.key! },
      { op: 'update', key: kept.key!, change: { mark: 1 } },
      { op: 'upsert', flow: udp(4, { mark: 1 }) },
      { op: 'upsert', flow: udp(5, { mark: 1 }) },
      { op: 'create', flow: udp(2) },
      { op: 'upsert', flow: udp(6, { mark: 8 }) },
      { op: 'upsert', flow: udp(7, { helper: 'ftp' }) },
      { op: 'upsert', flow: udp(7, { timeout: 0 }) },
    ];
    const expected = (done: 'done' | 'ready') => [
      { outcome: done, key: one.key },
      { outcome: done, key: two.key },
      { outcome: 'gone', key: three.key },
      { outcome: 'protected', key: kept.key },
      { outcome: 'protected', key: kept.key },
      { outcome: 'protected', key: kept.key },
      { outcome: 'exists', key: nat.key },
      { outcome: 'exists', key: two.key },
      { outcome: done, created: true },
      { outcome: 'failed' },
      { outcome: 'failed' },
    ];
    const before = await all(table.list());
    expect(await outcomes(changes, { dryRun: true })).toMatchObject(expected('ready'));
    const ids = (flows: typeof before) => flows.map(({ key, mark }) => `${key} ${mark}`).sort();
    expect(ids(await all(table.list()))).toEqual(ids(before));
    expect(await outcomes(changes)).toMatchObject(expected('done'));
    const left = (await all(table.list())).map(({ original, mark }) => [original.sport, mark]);
    expect(left.sort(([a], [b]) => a! - b!)).toEqual([
      [2, 7],
      [4, 22],
      [5, 0],
      [6, 8],
    ]);
    // The translated connection, described as it is.
    const { src, dst, sport, dport } = nat.reply;
    const described = udp(5, { mark: 3, reply: { src, dst, sport: sport!, dport: dport! } });
    expect(await outcomes([{ op: 'upsert', flow: described }])).toMatchObject([
      { outcome: 'done', created: false, key: nat.key },
    ]);
    expect((await table.get(nat.key!)).mark).toBe(3);
  });

  it('a list of changes skips the flows of `skip`, and detects a reply tuple that exists already', async () => {
    const { table } = made;
    const flow = await table.create(udp(50));
    const skip = (cursor: { mark(): number }) => cursor.mark() === 0;
    expect(await outcomes([{ op: 'delete', key: flow.key! }], { skip })).toMatchObject([{ outcome: 'protected' }]);
    const { src, dst, sport, dport } = flow.reply;
    const opposite: NewFlow = { ...udp(1), original: { src, dst, sport: sport!, dport: dport! } };
    for (const dryRun of [true, false])
      expect(await outcomes([{ op: 'create', flow: opposite }], { dryRun })).toMatchObject([{ outcome: 'exists' }]);
    expect(await outcomes([{ op: 'delete', key: flow.key! }])).toMatchObject([{ outcome: 'done' }]);
  });
});
