// The packed targets of a plan, record by record: what is stored of a row, how much it takes, and which rows are the same connection.
import { type Flow, FlowObjectCursor, refOf } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { hash, LARGEST, sameTuple, sizeOf, writeTarget } from '../../src/change/target-record.js';
import { EVIDENCE, TargetStore } from '../../src/change/target-store.js';

const ENDS = { src: '192.0.2.1', dst: '192.0.2.2' };
const TURNED = { src: '192.0.2.2', dst: '192.0.2.1' };
const flowOf = (protonum: number, parts: object, answer: object, more: object = {}): Flow =>
  ({
    family: 'ipv4',
    protonum,
    protocol: '',
    original: { ...ENDS, ...parts },
    reply: { ...TURNED, ...answer },
    ...more,
  }) as Flow;
const udp = (sport: number, more: object = {}): Flow =>
  flowOf(17, { sport, dport: 53 }, { sport: 53, dport: sport }, more);
const ICMPV6 = flowOf(58, { type: 128, code: 0, id: 7 }, { type: 129, code: 0, id: 7 }, { family: 'ipv6' });

const recordOf = (flow: Flow): DataView => {
  const view = new DataView(new ArrayBuffer(LARGEST));
  writeTarget(view, 0, new FlowObjectCursor(flow));
  return view;
};
const kept = (flow: Flow, strict = false) => {
  const store = new TargetStore({ strict });
  store.add(new FlowObjectCursor(flow));
  return [...store.refs()][0]!;
};
const v6 = (flow: Flow): Flow => ({
  ...flow,
  family: 'ipv6',
  original: { ...flow.original, src: '2001:db8::1', dst: '2001:db8::2' },
  reply: { ...flow.reply, src: '2001:db8::2', dst: '2001:db8::1' },
});

describe('a target', () => {
  it.each([
    ['a flow without zone and id', udp(1)],
    ['an id of 0', udp(1, { id: 0 })],
    ['an id of 32 bits', udp(1, { id: 0xffffffff })],
    ['IPv6', v6(udp(1, { id: 7 }))],
    ['a zone', udp(1, { zone: 65535 })],
    ['a reply from the address that is none', udp(1, { reply: { ...TURNED, src: '0.0.0.0', sport: 53, dport: 1 } })],
    ['an ICMP message without an answer', flowOf(1, { type: 5, code: 1, id: 9 }, { type: 5, code: 1, id: 9 })],
    ['a ping', flowOf(1, { type: 8, code: 0, id: 9 }, { type: 0, code: 0, id: 9 })],
    ['a ping of IPv6', v6(ICMPV6)],
    ['GRE', flowOf(47, { srckey: 1, dstkey: 2 }, { srckey: 2, dstkey: 1 })],
    ['a protocol without ports', flowOf(50, {}, {})],
  ])('a target is the reference of its row: %s', (_, flow) => {
    const ref = kept(flow);
    expect(ref).toEqual(refOf(flow));
    expect(ref[EVIDENCE]).toBeUndefined();
  });

  it('a target keeps the zone of the direction that has one', () => {
    expect(kept(udp(1, { original: { ...udp(1).original, zone: 3 } }))).toMatchObject({ original: { zone: 3 } });
    expect(kept(udp(1, { reply: { ...udp(1).reply, zone: 4 } }))).toMatchObject({ replyZone: 4 });
  });

  it.each([
    [udp(1), 20],
    [flowOf(1, { type: 8, code: 0, id: 9 }, { type: 0, code: 0, id: 9 }), 20],
    [flowOf(1, { type: 5, code: 1, id: 9 }, { type: 5, code: 1, id: 9 }), 20],
    [flowOf(50, {}, {}), 20],
    [udp(1, { reply: { ...TURNED, src: '203.0.113.1', sport: 53, dport: 1 } }), 32],
    [v6(ICMPV6), 44],
    [v6(udp(1)), 44],
  ])('a target takes no room for a reply that is the inverted original: %o', (flow, bytes) => {
    expect(sizeOf(recordOf(flow), 0, false)).toBe(bytes);
    expect(sizeOf(recordOf(flow), 0, true)).toBe(bytes + 32);
  });

  it('a target of a strict plan keeps its evidence', () => {
    const flow = udp(1, {
      start: '2026-01-02T03:04:05.5Z',
      mark: 0xfffffffe,
      status: ['SEEN_REPLY', 'CONFIRMED'],
      original: { ...udp(1).original, packets: 1, bytes: 2 ** 32 + 5 },
      reply: { ...udp(1).reply, packets: 3, bytes: 4 },
    });
    const { start, ...rest } = kept(flow, true)[EVIDENCE]!;
    expect(start).toBe(new FlowObjectCursor(flow).start());
    expect(rest).toEqual({ mark: 0xfffffffe, counters: [1, 3, 0xffffffff, 4], status: 2 });
  });

  it('a target of a strict plan has 0 for values that the kernel did not give', () => {
    expect(kept(udp(1), true)[EVIDENCE]).toMatchObject({ mark: 0, counters: [0, 0, 0, 0], status: 0 });
  });
});

describe('the tuple of a target', () => {
  const others: readonly [string, Flow][] = [
    ['another port', udp(2)],
    ['another high byte of a port', udp(257)],
    ['another protocol', { ...udp(1), protonum: 136 }],
    ['another zone', udp(1, { zone: 4 })],
    ['a zone of the original direction only', udp(1, { original: { ...udp(1).original, zone: 3 } })],
    ['a zone of the reply direction only', udp(1, { reply: { ...udp(1).reply, zone: 3 } })],
    ['another family', v6(udp(1))],
    ['another address', udp(1, { original: { ...udp(1).original, dst: '192.0.2.3' } })],
  ];
  it.each(others)('the tuple of a target differs from that of a row with %s', (_, other) => {
    const mine = recordOf(udp(1, { zone: 3 }));
    expect(sameTuple(mine, 0, recordOf(other), 0)).toBe(false);
    expect(sameTuple(recordOf(other), 0, mine, 0)).toBe(false);
  });

  it('the tuple of a target equals that of a row with another id, mark or translation', () => {
    const mine = recordOf(udp(1, { zone: 3, id: 5 }));
    const other = udp(1, { zone: 3, id: 6, reply: { ...TURNED, src: '203.0.113.1', sport: 53, dport: 1 } });
    expect(sameTuple(mine, 0, recordOf(other), 0)).toBe(true);
    expect(hash(recordOf(other), 0)).toBe(hash(mine, 0));
  });

  it('the tuples of targets have different hashes, so that a search does not walk the others', () => {
    const many = Array.from({ length: 1000 }, (_, i) => udp(i + 1)).flatMap(flow => [flow, v6(flow)]);
    expect(new Set(many.map(flow => hash(recordOf(flow), 0))).size).toBeGreaterThan(1990);
    // The last bytes of the addresses are compared too.
    const one = v6(udp(1));
    const far = Array.from({ length: 200 }, (_, i) => ({
      ...one,
      original: { ...one.original, dst: `2001:db8::${(i + 1).toString(16)}` },
    }));
    expect(new Set(far.map(flow => hash(recordOf(flow), 0))).size).toBeGreaterThan(198);
  });
});

describe('a target store', () => {
  it('a store of one target takes little memory, and one of many as much as they need', () => {
    const store = new TargetStore();
    expect([store.strict, store.count, store.bytes]).toEqual([false, 0, 0]);
    store.add(new FlowObjectCursor(udp(1)));
    expect([store.count, store.bytes]).toEqual([1, 1024]);
    for (let i = 2; i <= 100; i++) store.add(new FlowObjectCursor(udp(i)));
    expect([store.count, store.bytes]).toEqual([100, 1024 + 64 * 1024]);
    store.clear();
    expect([store.count, store.bytes, [...store.refs()]]).toEqual([0, 0, []]);
  });

  it('a store finds a changed target in any of its blocks, and says whether it had an id', () => {
    const store = new TargetStore();
    const many = Array.from({ length: 8000 }, (_, i) => udp(i + 1, i % 2 === 0 ? { id: i } : {}));
    for (const flow of many) store.add(new FlowObjectCursor(flow));
    const mark = store.marker();
    for (let i = 0; i < many.length; i++) mark(i % 3 === 0);
    const find = store.finder();
    const found = many.map(flow => find(new FlowObjectCursor(flow))?.id);
    expect(found).toEqual(many.map((_, i) => (i % 3 !== 0 ? undefined : i % 2 === 0 ? i : -1)));
  });
});
