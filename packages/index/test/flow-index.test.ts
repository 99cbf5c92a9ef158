import { parseQuery } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type Flow, refOf } from '@conntrack/flow';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowEntry, FlowIndex } from '../src/index.js';
import { entryOf, flowOf, inputOf, inputsOf, type Shape } from './kernel.js';

const SHAPE: Shape = { family: 'ipv4', protonum: 6, client: 1, server: 1, port: 443, zone: 0, zoned: 'both', nat: 0 };
const VALUES = { state: 2, mark: 7, labels: 0, bytes: 100, assured: true };
const entry = (shape: Partial<Shape> = {}, id = 1): Flow => entryOf(flowOf({ ...SHAPE, ...shape }, id), VALUES);

let clock = 0;
const indexOf = (...flows: Flow[]): FlowIndex => {
  clock = 0;
  const index = new FlowIndex({ now: () => clock, time: () => 1_700_000_000_000, capacity: 4 });
  sweep(index, ...flows);
  return index;
};
function sweep(index: FlowIndex, ...flows: Flow[]): void {
  index.beginSweep();
  for (const flow of flows) index.present(inputOf(flow));
  index.endSweep();
}
const flowsIn = (index: FlowIndex, rows?: Uint32Array): Flow[] => {
  const flows: Flow[] = [];
  for (const cursor = index.cursor(rows); cursor.next(); ) flows.push(cursor.flow());
  return flows;
};

it('a flow is read back with all its fields, rare ones included', () => {
  const rare: Flow = {
    ...entry({ family: 'ipv6', zone: 7, zoned: 'reply' }),
    labels: [1, 127],
    secctx: 'system_u',
    secmark: 9,
    helper: 'ftp',
    start: '2026-11-30T01:02:03.123456789Z',
    protoinfo: { wscale: { original: 7, reply: 8 }, flags: { original: ['SACK_PERM'], reply: [] } },
    seqadj: { original: { correctionPos: 1, offsetBefore: 2, offsetAfter: 3 } },
    synproxy: { isn: 1, its: 2, tsoff: 3 },
    master: { src: '::1', dst: '::2', sport: 1, dport: 2 },
    unknown: { 99: '00' },
  };
  rare.original.packets = 5_000_000_000;
  expect(flowsIn(indexOf(rare))).toEqual([rare]);
});

it('an entry without counters, timeout, mark and state has none in the index', () => {
  const flow = flowOf({ ...SHAPE, protonum: 50 }, 3);
  expect(flowsIn(indexOf(flow, entry()))).toEqual([flow, entry()]);
});

it('an entry with an unused SYNPROXY state keeps it, and takes up no memory beside the columns', () => {
  const idle = { ...entry(), synproxy: { isn: 0, its: 0, tsoff: 0 } };
  const index = indexOf(idle);
  expect(flowsIn(index)).toEqual([idle]);
  expect(index.bytes).toBe(indexOf(entry()).bytes);
});

describe('events', () => {
  it('an event that leaves out mark, labels and timeout does not change them', () => {
    const old = { ...entry(), labels: [4], timeout: 500 };
    const index = indexOf(old);
    const { mark: _, labels: __, timeout: ___, ...event } = old;
    index.event(inputOf({ ...event, state: 'FIN_WAIT' }, 'update'));
    expect(flowsIn(index)).toEqual([{ ...old, state: 'FIN_WAIT' }]);
    // A look-up shows whether mark and labels were removed.
    expect(index.queued).toBe(1);
  });
  it('a new flow without a mark has mark 0, as the kernel leaves it out', () => {
    const { mark: _, ...event } = entry();
    const index = indexOf();
    index.event(inputOf(event, 'new'));
    expect(flowsIn(index)[0]!.mark).toBe(0);
  });
  it('the end of a flow with another id does not end its successor', () => {
    const index = indexOf(entry({}, 2));
    index.event(inputOf(entry({}, 1), 'destroy'));
    expect(index.size).toBe(1);
  });
  it('a new flow on the tuple of an old one leads to a look-up of both', () => {
    const index = indexOf(entry({}, 1));
    index.event(inputOf(entry({}, 2), 'new'));
    const taken = index.takeQueued(9);
    expect(taken).toHaveLength(2);
    expect(taken.map(look => index.check(look, inputOf(entry({}, 2)))).sort()).toEqual(['gone', 'same']);
    expect(flowsIn(index)).toEqual([entry({}, 2)]);
  });
  it('an event about the same tuple and id with another address translation is about a successor', () => {
    const index = indexOf({ ...entry(), labels: [4] });
    const next = entry({ nat: 3 });
    index.event(inputOf(next, 'update'));
    expect(flowsIn(index).map(({ reply, labels }) => [reply.dst, labels])).toEqual([[next.reply.dst, undefined]]);
    expect(index.queued).toBe(1);
  });
});

describe('entries older than the listener', () => {
  it('are looked up until an event shows that the kernel reports them', () => {
    const index = indexOf();
    index.beginSweep({ uncertain: true });
    for (const client of [1, 2, 3]) index.present(inputOf(entry({ client }, client)));
    index.endSweep();
    expect(index.uncertain).toBe(3);
    index.event(inputOf(entry({ client: 1 }, 1), 'update'));
    expect(index.uncertain).toBe(2);
    const taken = index.takeUncertain(1, 9);
    expect(taken.map(look => index.check(look, look.row === 2 ? undefined : inputOf(entry({ client: 3 }, 3))))).toEqual(
      ['gone', 'same'],
    );
    expect([index.uncertain, index.size]).toEqual([1, 2]);
  });
  it('a look-up that shows other values than the index has is reported as a change', () => {
    const index = indexOf();
    index.beginSweep({ uncertain: true });
    index.present(inputOf(entry()));
    index.endSweep();
    const [look] = index.takeUncertain(1, 9);
    expect(index.check(look!, inputOf({ ...entry(), mark: 8 }))).toBe('changed');
    expect(flowsIn(index)[0]!.mark).toBe(8);
  });
});

it('an entry that the first dump shows twice has one row, and is looked up', () => {
  const index = new FlowIndex({ now: () => clock, capacity: 2 });
  index.beginSweep({ uncertain: true });
  const twice = entry({ family: 'ipv6' });
  index.presentAll(
    inputsOf([twice, entry({ client: 2 }, 2), { ...twice, labels: [3], mark: 8 }, entry({ client: 3 }, 3)]),
  );
  index.endSweep();
  expect([index.size, index.uncertain, index.queued]).toEqual([3, 3, 1]);
  const [look] = index.takeQueued(1);
  expect(index.check(look!, inputOf({ ...twice, mark: 8 }))).toBe('changed');
  index.event(inputOf(entry({ client: 4 }, 4), 'new'));
  expect(flowsIn(index).map(({ id, mark, labels }) => [id, mark, labels])).toEqual([
    [1, 8, undefined],
    [2, 7, undefined],
    [4, 7, undefined],
    [3, 7, undefined],
  ]);
});

describe('drift', () => {
  it('entries that a sweep adds or corrects without an event are drift', () => {
    const index = indexOf(entry());
    index.takeDrift();
    sweep(index, { ...entry(), mark: 1 }, entry({ client: 2 }, 2));
    expect(index.takeDrift()).toBe(2);
    expect(index.takeDrift()).toBe(0);
  });
  it('an event that arrives after the sweep explains the difference', () => {
    const index = indexOf();
    sweep(index, entry());
    index.event(inputOf(entry(), 'new'));
    expect(index.takeDrift()).toBe(0);
  });
});

describe('rows of a filter', () => {
  const flows = Array.from({ length: 400 }, (_, i) =>
    entry(
      {
        client: 1 + (i % 40),
        server: 1 + (i % 3),
        port: i % 2 === 0 ? 443 : 53,
        nat: i % 5,
        family: i % 4 === 0 ? 'ipv6' : 'ipv4',
        protonum: [6, 17, 1, 47][i % 4]!,
        zone: Math.floor(i / 40),
      },
      i + 1,
    ),
  );
  const index = indexOf(...flows);
  const queries = [
    'src=10.1.0.7',
    'dst=10.2.0.1',
    'reply.src=10.2.0.2',
    'reply.dst=10.9.0.3',
    'addr=10.1.0.7',
    'src=2001:db8:1::5',
    'src=2001:db8:77::1',
    'src=10.1.0.7,10.1.0.9',
    'dport=53',
    'src=10.1.0.7&dport=53',
    'src=10.1.0.0/24',
    'src!=10.1.0.7',
    `filter=${encodeURIComponent('src == 10.1.0.7 or dst == 10.2.0.2')}`,
    `filter=${encodeURIComponent('src == 10.1.0.7 or state == ESTABLISHED')}`,
    `filter=${encodeURIComponent('src == 10.1.0.7 or src == 10.1.0.7 and dport == 53')}`,
  ];
  it.each(queries)('every flow that matches %s is among its rows, once', query => {
    const { filter } = parseQuery(query);
    const matches = compileFilter(filter);
    const rows = index.rowsFor(filter);
    expect(new Set(rows).size).toBe(rows?.length ?? 0);
    const found = flowsIn(index, rows).filter(flow => matches(inputOf(flow)));
    const expected = flows.filter(flow => matches(inputOf(flow)));
    expect(found.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
  });
  it('a filter for one address reads the rows of the address only', () => {
    expect(index.rowsFor(parseQuery('src=10.1.0.7').filter)).toHaveLength(
      flows.filter(flow => flow.original.src === '10.1.0.7').length,
    );
    expect(index.rowsFor(parseQuery('src=10.1.0.7&state=ESTABLISHED').filter)).toBeDefined();
    expect(index.rowsFor(parseQuery('state=ESTABLISHED').filter)).toBeUndefined();
  });
  it('a tuple is found in both directions, in its zone only', () => {
    for (const flow of flows.slice(0, 80)) {
      const zone = flow.zone ?? 0;
      const { packets: _, bytes: __, ...original } = flow.original;
      const { packets: ___, bytes: ____, ...reply } = flow.reply;
      expect(flowsIn(index, index.rowsOfTuple(flow, original, 0, zone))).toContainEqual(flow);
      expect(flowsIn(index, index.rowsOfTuple(flow, reply, 1, zone))).toContainEqual(flow);
      expect(index.rowsOfTuple(flow, original, 0, zone + 100)).toHaveLength(0);
    }
  });
});

describe('clocks', () => {
  it('a timeout runs down from the last message, and not below 0', () => {
    const index = indexOf({ ...entry(), timeout: 100 });
    const timeout = (): number | undefined => flowsIn(index)[0]!.timeout;
    expect(timeout()).toBe(100);
    clock = 40_000;
    expect(timeout()).toBe(60);
    index.event(inputOf({ ...entry(), timeout: 300 }, 'update'));
    expect(timeout()).toBe(300);
    clock = 10 ** 9;
    expect(timeout()).toBe(0);
  });
  it('setting the clock of the host changes neither timeouts nor rates', () => {
    let time = 1e12;
    clock = 0;
    const index = new FlowIndex({ now: () => clock, time: () => time });
    index.keepRates();
    sweep(index, entry());
    time = 5e11;
    clock = 2000;
    const later = entry();
    later.original.bytes = 3000;
    sweep(index, { ...later, timeout: 30 });
    const cursor = index.cursor();
    cursor.next();
    expect([cursor.timeout(), cursor.rate(0), cursor.rate(1), cursor.firstSeen()]).toEqual([30, 1000, 0, 1e12]);
  });
  it('a rate is unknown before the second reading, and after counters were reset', () => {
    const index = indexOf();
    index.keepRates();
    const rate = (): number => {
      const cursor = index.cursor();
      cursor.next();
      return cursor.rate(0);
    };
    sweep(index, entry());
    expect(rate()).toBe(-1);
    clock = 1000;
    const reset = entry();
    reset.original.bytes = 5;
    sweep(index, reset);
    expect(rate()).toBe(-1);
    clock = 3000;
    reset.original.bytes = 2005;
    sweep(index, reset);
    expect(rate()).toBe(1000);
  });

  /** An index with one entry, and a dump of it with other counters at a time. */
  function measured() {
    const index = indexOf();
    index.keepRates();
    const counted = (original: number, reply: number): Flow => {
      const flow = entry();
      flow.original.bytes = original;
      flow.reply.bytes = reply;
      return flow;
    };
    const dump = (time: number, original: number, reply: number): void => {
      clock = time;
      sweep(index, counted(original, reply));
    };
    const rates = (): number[] => {
      const cursor = index.cursor();
      cursor.next();
      return [cursor.rate(0), cursor.rate(1)];
    };
    return { index, counted, dump, rates };
  }

  it('a look-up and a dump shortly after another one do not make a rate of a burst', () => {
    const { index, counted, dump, rates } = measured();
    dump(0, 1000, 0);
    dump(1000, 2000, 500);
    expect(rates()).toEqual([1000, 500]);
    const { mark: _, ...unmarked } = counted(0, 0);
    index.event(inputOf(unmarked, 'update'));
    const [look] = index.takeQueued(1);
    clock = 1001;
    expect(index.check(look!, inputOf(counted(3500, 500)))).not.toBe('obsolete');
    dump(1100, 3500, 500);
    expect(rates()).toEqual([1000, 500]);
    dump(2000, 4000, 500);
    expect(rates()).toEqual([2000, 0]);
  });

  it('counters of a connection that is known by the id and tuple of another one do not make a rate', () => {
    const { index, counted, dump, rates } = measured();
    dump(0, 1000, 1000);
    dump(1000, 5000, 1000);
    index.event(inputOf(counted(0, 0), 'destroy'));
    index.event(inputOf(counted(0, 0), 'new'));
    expect(rates()).toEqual([-1, -1]);
    dump(2000, 1_000_000, 1000);
    expect(rates()).toEqual([-1, -1]);
    dump(3000, 1_000_100, 2000);
    expect(rates()).toEqual([100, 1000]);
  });

  it('counters that were reset in one direction make the rate of both unknown, however short the interval', () => {
    const { dump, rates } = measured();
    dump(0, 1000, 1000);
    dump(1000, 2000, 2000);
    dump(1001, 3000, 0);
    expect(rates()).toEqual([-1, -1]);
    dump(2001, 3000, 2 ** 53 - 1);
    expect(rates()).toEqual([0, expect.closeTo(2 ** 53, -30)]);
  });

  it('a flow has what was measured on request, and only what is known', () => {
    const { index, dump } = measured();
    const flow = (): Flow => {
      const cursor = index.cursor().with({ rates: true, firstSeen: true });
      cursor.next();
      return cursor.flow();
    };
    dump(0, 1000, 1000);
    expect(flow()).toMatchObject({ firstSeen: '2023-11-14T22:13:20Z' });
    expect(flow()).not.toHaveProperty('rate');
    dump(1000, 1100, 1000);
    expect(flow()).toMatchObject({ rate: { original: 100, reply: 0 } });
    expect(flowsIn(index)[0]).not.toHaveProperty('rate');
    expect(flowsIn(index)[0]).not.toHaveProperty('firstSeen');
  });
});

describe('memory', () => {
  const COUNT = 50_000;
  const fill = (family: 'ipv4' | 'ipv6'): number => {
    const index = new FlowIndex({ now: () => 0, capacity: COUNT });
    const flow = entry({ family });
    const input = new FlowEntry();
    index.beginSweep();
    for (let i = 0; i < COUNT; i++) {
      const [high, low] = [i >> 8, i & 255];
      flow.id = i + 1;
      flow.original.src = family === 'ipv4' ? `10.1.${high}.${low}` : `2001:db8::${(i + 1).toString(16)}`;
      flow.original.dst = family === 'ipv4' ? `10.2.${high}.${low}` : `2001:db9::${(i + 1).toString(16)}`;
      flow.reply.src = flow.original.dst;
      flow.reply.dst = flow.original.src;
      index.present(input.move(flow));
    }
    index.endSweep();
    expect(index.size).toBe(COUNT);
    return index.bytes / COUNT;
  };
  it('an IPv4 flow takes up at most 140 bytes, with lists and counters', () => expect(fill('ipv4')).toBeLessThan(140));
  it('an IPv6 flow takes up at most 190 bytes, with two addresses of its own', () =>
    expect(fill('ipv6')).toBeLessThan(190));
  it('memory is reused after flows have ended', () => {
    const index = new FlowIndex({ now: () => 0, capacity: 64 });
    fc.assert(
      fc.property(fc.array(fc.record({ client: fc.nat(9), family: fc.constantFrom('ipv4', 'ipv6') })), shapes => {
        for (const [i, shape] of shapes.entries()) index.event(inputOf(entry(shape, i + 1), 'new'));
        for (const [i, shape] of shapes.entries()) index.event(inputOf(entry(shape, i + 1), 'destroy'));
        expect(index.size).toBe(0);
        expect(index.high).toBeLessThanOrEqual(64);
      }),
      { numRuns: 200 },
    );
  });
});

it('a reference of a row identifies the connection', () => {
  const flow = entry({ zone: 7, zoned: 'reply', nat: 3 });
  const cursor = indexOf(flow).cursor();
  cursor.next();
  const { packets: _, bytes: __, ...original } = flow.original;
  const { packets: ___, bytes: ____, ...reply } = flow.reply;
  expect(cursor.ref()).toEqual({ ...refOf(flow), original, reply });
});

it('an entry whose look-up was made obsolete by an event is looked up again', () => {
  const index = indexOf();
  index.event(inputOf(entry(), 'update'));
  const [look] = index.takeQueued(1);
  index.event(inputOf({ ...entry(), mark: 9 }, 'update'));
  expect(index.check(look!, inputOf({ ...entry(), labels: [3] }))).toBe('obsolete');
  const [next] = index.takeQueued(1);
  expect(index.check(next!, inputOf({ ...entry(), mark: 9, labels: [3] }))).toBe('same');
  expect(flowsIn(index)).toEqual([{ ...entry(), mark: 9, labels: [3] }]);
});
