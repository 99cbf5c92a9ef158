import { ALL, parseFilter } from '@conntrack/filter';
import type { Flow } from '@conntrack/flow';
import { FlowObjectCursor } from '@conntrack/flow';
import { ConntrackTable, MemorySource } from '@conntrack/table';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, FlowCounters, packetsOf } from '../../src/top/data/flow-counters.js';
import { GaugeReader } from '../../src/top/data/gauge.js';
import { GROUPINGS } from '../../src/top/data/grouping.js';
import { KeyTable } from '../../src/top/data/key-table.js';
import { LocalTopSource } from '../../src/top/data/local-source.js';
import { Ranking } from '../../src/top/data/ranking.js';
import { RemoteTopSource } from '../../src/top/data/remote-source.js';
import type { FlowRow, GroupRow, Question, Row } from '../../src/top/data/snapshot.js';
import { flow } from './flows.js';

const never = new AbortController().signal;
const tableOf = (flows: readonly Flow[]): ConntrackTable => new ConntrackTable(new MemorySource(flows));
const asked = (more: Partial<Question> = {}): Question => ({
  group: undefined,
  sort: 'bytes',
  reversed: false,
  limit: 10,
  ...more,
});

/** A clock that a test moves. */
const clockAt = (milliseconds = 0) => {
  const breathe = async (): Promise<void> => {
    clock.breaths++;
  };
  const clock = { at: milliseconds, breaths: 0, now: () => clock.at, breathe };
  return clock;
};

describe('keys in typed arrays', () => {
  it('a table gives each key its number, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 300 }), pairs => {
        const table = new KeyTable(2);
        const expected = new Map<string, number>();
        for (const pair of pairs) {
          const name = pair.join();
          if (!expected.has(name)) expected.set(name, expected.size);
          expect(table.add(Uint32Array.from(pair))).toBe(expected.get(name));
        }
        expect(table.size).toBe(expected.size);
      }),
    );
  });

  it('a table keeps its keys when it grows', () => {
    const table = new KeyTable(1);
    const key = new Uint32Array(1);
    for (let n = 0; n < 100_000; n++) {
      key[0] = n * 7;
      expect(table.add(key)).toBe(n);
    }
    for (let n = 0; n < 100_000; n += 997) {
      key[0] = n * 7;
      expect([table.add(key), table.word(n, 0)]).toEqual([n, n * 7]);
    }
    expect(table.capacity).toBeGreaterThanOrEqual(table.size);
  });
});

describe('a ranking', () => {
  it('has the largest first, equals in a fixed order, and unknown values last in both orders', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 5 })), fc.nat(8), fc.boolean(), (values, size, reversed) => {
        const ranking = new Ranking<number>(size, reversed);
        for (const [i, value] of values.entries()) if (ranking.accepts(value)) ranking.add(i);
        const rank = (i: number): number => (values[i]! < 0 ? 99 : reversed ? values[i]! : -values[i]!);
        const expected = values
          .map((_, i) => i)
          .sort((one, other) => rank(one) - rank(other) || one - other)
          .slice(0, size);
        expect(ranking.items()).toEqual(expected);
      }),
    );
  });
});

describe('rates', () => {
  /** Notes a flow, and returns its rate. */
  const note = (counters: FlowCounters, it: Flow, now: number): number => {
    const cursor = new FlowObjectCursor(it);
    counters.note(cursor, bytesOf(cursor), packetsOf(cursor), now);
    return counters.rate;
  };
  const scan = (counters: FlowCounters, now: number, ...flows: Flow[]): number[] => {
    counters.begin(now);
    const rates = flows.map(it => note(counters, it, now));
    counters.end();
    return rates;
  };

  it('are unknown at first, and the difference by time from then on', () => {
    const counters = new FlowCounters();
    expect(scan(counters, 0, flow(1, { bytes: 1000 }))).toEqual([-1]);
    expect(scan(counters, 2000, flow(1, { bytes: 5000 }))).toEqual([2000]);
    expect(counters.packetRate).toBe(20);
    expect(scan(counters, 6000, flow(1, { bytes: 5000 }))).toEqual([0]);
  });

  it('of a new flow are all of its bytes since the last scan', () => {
    const counters = new FlowCounters();
    scan(counters, 0, flow(1, { bytes: 1 }));
    expect(scan(counters, 1000, flow(1, { bytes: 1 }), flow(2, { bytes: 300 }))).toEqual([0, 300]);
  });

  it('of a flow that other filters had hidden are unknown', () => {
    const counters = new FlowCounters();
    scan(counters, 0, flow(1, { bytes: 1 }));
    counters.forgetBaseline();
    expect(scan(counters, 1000, flow(1, { bytes: 501 }), flow(2, { bytes: 300 }))).toEqual([500, -1]);
  });

  it('of a flow that one dump missed continue from the dump before', () => {
    const counters = new FlowCounters();
    scan(counters, 0, flow(1, { bytes: 1000 }));
    scan(counters, 1000);
    expect(scan(counters, 2000, flow(1, { bytes: 3000 }))).toEqual([1000]);
  });

  it('of a successor, with smaller counters, are those of the successor alone', () => {
    const counters = new FlowCounters();
    scan(counters, 0, flow(1, { bytes: 1000 }));
    expect(scan(counters, 1000, flow(1, { bytes: 400 }))).toEqual([400]);
  });

  it('are kept if the flow is read again at once', () => {
    const counters = new FlowCounters();
    scan(counters, 0, flow(1, { bytes: 0 }));
    scan(counters, 1000, flow(1, { bytes: 1000 }));
    expect(scan(counters, 1100, flow(1, { bytes: 1900 }))).toEqual([1000]);
    expect(scan(counters, 2000, flow(1, { bytes: 3000 }))).toEqual([2000]);
  });

  it('are unknown without counters', () => {
    const counters = new FlowCounters();
    expect([scan(counters, 0, flow(1)), scan(counters, 1000, flow(1))]).toEqual([[-1], [-1]]);
    expect(counters.size).toBe(0);
  });

  it('tell flows with the same id or the same tuple apart', () => {
    const counters = new FlowCounters();
    const other = flow(9, { bytes: 50, id: 1 });
    scan(counters, 0, flow(1, { bytes: 10 }), other, flow(1, { bytes: 70, id: 2 }));
    expect(counters.size).toBe(3);
    expect(scan(counters, 1000, flow(1, { bytes: 11 }), { ...other })).toEqual([1, 0]);
  });

  it('of flows that ended are forgotten, and the others are kept', () => {
    const counters = new FlowCounters();
    const many = Array.from({ length: 3000 }, (_, n) => flow(1, { bytes: 100, id: n }));
    scan(counters, 0, ...many);
    for (const at of [1000, 2000, 3000, 4000]) {
      scan(counters, at, ...many.slice(0, 10));
      for (const _ of counters.forgetEnded());
    }
    expect(counters.size).toBe(10);
    expect(scan(counters, 5000, flow(1, { bytes: 300, id: 9 }))).toEqual([200]);
  });
});

/** Protocols whose flows have a state. */
const STATEFUL: ReadonlySet<number> = new Set([6, 33, 132]);

describe('a refresh of a local table', () => {
  const flows = [
    flow(1, { bytes: 100 }),
    flow(2, { bytes: 300, state: 'SYN_SENT', status: [] }),
    flow(3),
    flow(4, { bytes: 200, protonum: 17, protocol: 'udp' }),
  ];
  const sources = {
    local: (it: readonly Flow[]) => new LocalTopSource(tableOf(it), clockAt()),
    remote: (it: readonly Flow[]) => new RemoteTopSource(tableOf(it), clockAt()),
  };
  const ids = (rows: readonly Row[]): (number | undefined)[] => rows.map(row => (row as FlowRow).flow.id);

  it.each(['local', 'remote'] as const)('ranks flows, unknown ones last (%s)', async kind => {
    const source = sources[kind](flows);
    const read = async (more: Partial<Question>) => (await source.refresh(asked(more), ALL, never)).rows;
    expect(ids(await read({}))).toEqual([2, 4, 1, 3]);
    expect(ids(await read({ limit: 2 }))).toEqual([2, 4]);
    expect(ids(await read({ sort: 'expires' }))).toEqual([4, 3, 2, 1]);
    expect(ids(await read({ reversed: true }))).toEqual([1, 4, 2, 3]);
    const { rows } = await source.refresh(asked(), ALL, never);
    expect(rows.at(-1)).toMatchObject({ bytes: -1, packets: -1, rate: -1, packetRate: -1 });
  });

  it('the oldest flow comes first in the order of age', async () => {
    const started = [flow(1, { start: '2026-01-02T00:00:00Z' }), flow(2, { start: '2026-01-01T00:00:00Z' }), flow(3)];
    for (const make of Object.values(sources))
      expect(ids((await make(started).refresh(asked({ sort: 'age' }), ALL, never)).rows)).toEqual([2, 1, 3]);
  });

  it('sums up groups; sums that do not cover all flows say so', async () => {
    const source = sources.local(flows);
    const { rows, groups, matched } = await source.refresh(asked({ group: 'destination', sort: 'flows' }), ALL, never);
    expect([groups, matched]).toEqual([1, 4]);
    expect(rows).toEqual([
      expect.objectContaining({
        text: '192.0.2.1',
        flows: 4,
        counted: 3,
        rated: 0,
        unreplied: 1,
        bytes: 600,
        packets: 6,
        rate: -1,
        packetRate: -1,
      }),
    ]);
  });

  it.each(GROUPINGS)(
    'groups by $name are those of the table, and their filters find their flows',
    async ({ name, by }) => {
      const mixed: Flow[] = [
        ...flows,
        flow(5, {
          family: 'ipv6',
          original: { src: '2001:db8::1', dst: '2001:db8:1::2', sport: 1, dport: 443 },
          reply: { src: '2001:db8:1::2', dst: '2001:db8::1', sport: 443, dport: 1 },
        }),
        flow(6, {
          protonum: 1,
          protocol: 'icmp',
          original: { src: '10.0.9.1', dst: '192.0.2.1', type: 8, code: 0, id: 7 },
          reply: { src: '192.0.2.1', dst: '10.0.9.1', type: 0, code: 0, id: 7 },
        }),
        flow(7, { protonum: 33, protocol: 'dccp', state: 'CLOSING' }),
        flow(8, { protonum: 33, protocol: 'dccp', state: 'TIMEWAIT' }),
      ].map(({ state, ...it }) => (STATEFUL.has(it.protonum) && state !== undefined ? { ...it, state } : it));
      // The kernel gives no state of flows that a flow table handles.
      for (const status of [['SEEN_REPLY', 'OFFLOAD'], ['OFFLOAD'], undefined] as const) {
        const { state: _, status: __, ...it } = flow(9 + mixed.length);
        mixed.push({ ...it, ...(status && { status: [...status] }) });
      }
      const table = tableOf(mixed);
      const source = new LocalTopSource(table, clockAt());
      const { rows } = await source.refresh(asked({ group: name, sort: 'flows', limit: 100 }), ALL, never);
      const { items } = await table.top({ by, k: 100 });
      // The states here include UNREPLIED, and the table's groups do not.
      if (name !== 'state')
        expect(
          new Map(rows.map(row => [(row as GroupRow).text.replace(/^icmp$/, 'icmp -'), (row as GroupRow).flows])),
        ).toEqual(new Map(items.map(({ group, value }) => [group, value])));
      for (const row of rows as GroupRow[])
        expect([row.text, await table.count({ filter: parseFilter(row.filter!).filter })]).toEqual([
          row.text,
          row.flows,
        ]);
    },
  );

  it('matches the filter, and knows rates from the second refresh on', async () => {
    const clock = clockAt();
    const table = tableOf([flow(1, { bytes: 100 }), flow(2, { bytes: 100 })]);
    const source = new LocalTopSource(table, clock);
    const { filter } = parseFilter('src == 10.0.0.1');
    const first = await source.refresh(asked({ sort: 'rate' }), filter, never);
    expect(first).toMatchObject({ matched: 1, rows: [{ rate: -1 }] });
    clock.at = 1000;
    expect((await source.refresh(asked({ sort: 'rate' }), filter, never)).rows).toMatchObject([{ rate: 0 }]);
    // The other flow may be old.
    clock.at = 2000;
    const all = await source.refresh(asked({ sort: 'rate' }), ALL, never);
    expect(all.rows.map(({ rate }) => rate)).toEqual([0, -1]);
  });

  it('lets keys have their turn while it reads, and ends at once when it is aborted', async () => {
    const many = Array.from({ length: 20_000 }, (_, n) => flow(n));
    const ending = new AbortController();
    const clock = clockAt();
    // Each look at the clock costs five milliseconds.
    clock.now = () => (clock.at += 5);
    const source = new LocalTopSource(tableOf(many), clock);
    await source.refresh(asked(), ALL, ending.signal);
    expect(clock.breaths).toBeGreaterThanOrEqual(many.length / 1024 / 3);
    clock.breathe = async () => {
      ending.abort(new Error('another question'));
    };
    await expect(source.refresh(asked(), ALL, ending.signal)).rejects.toThrow('another question');
  });
});

describe('a refresh of a server', () => {
  it('says that only the flows with the largest counters are compared by rate', async () => {
    const many = Array.from({ length: 1001 }, (_, n) => flow(n, { bytes: n }));
    const source = new RemoteTopSource(tableOf(many), clockAt());
    const { rows, matched, limits } = await source.refresh(asked({ sort: 'rate' }), ALL, never);
    expect([rows.length, matched, limits]).toEqual([10, 1001, 'rates of the 1000 flows with the most bytes']);
  });

  it('ranks groups by the sums that the server has, and refuses the others', async () => {
    const source = new RemoteTopSource(tableOf([flow(1, { bytes: 5 })]), clockAt());
    const { rows } = await source.refresh(asked({ group: 'source', sort: 'bytes' }), ALL, never);
    expect(rows).toMatchObject([{ text: '10.0.0.1', bytes: 5, flows: -1, rate: -1, unreplied: -1 }]);
    expect(source.cannotSort(asked({ group: 'source', sort: 'bytes' }))).toBeUndefined();
    expect(source.cannotSort(asked({ group: 'source', sort: 'rate' }))).toMatch(/flows, bytes or packets/);
    expect(source.cannotSort(asked({ group: 'source', reversed: true }))).toMatch(/largest/);
    expect(source.cannotSort(asked({ sort: 'rate', reversed: true }))).toBeUndefined();
  });
});

describe('the gauge', () => {
  it('counts new flows by their events, and derives those that ended', async () => {
    const clock = clockAt();
    const table = tableOf([flow(1), flow(2), flow(3)]);
    const reader = new GaugeReader(table, clock.now);
    const ending = new AbortController();
    const counting = reader.count(ending.signal);
    await expect.poll(async () => (await reader.read(never)).why).toBeUndefined();
    expect(await reader.read(never)).toMatchObject({ count: 3, losses: [] });
    const { family, protonum, original, reply } = flow(4);
    await table.create({ family, protonum, original, reply, timeout: 60 });
    await table.delete(flow(1));
    await table.delete(flow(2));
    clock.at = 2000;
    await expect.poll(async () => ({ ...(await reader.read(never)) })).toMatchObject({ count: 2 });
    ending.abort();
    await counting;
    clock.at = 4000;
    const after = await reader.read(never);
    expect([after.fresh, after.ended]).toEqual([undefined, undefined]);
    expect(after.why).toBeDefined();
  });
});
