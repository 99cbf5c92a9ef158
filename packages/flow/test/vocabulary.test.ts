import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAY_BE_UNTRACKED, ORIGINAL, ORIGINAL_SRC, REPLY, REPLY_DST, statusBit } from '../src/codec.js';
import {
  DCCP_STATES,
  EVENT_TYPES,
  type Flow,
  FlowObjectCursor,
  findProtocol,
  invertTuple,
  LabelMap,
  protocolOf,
  refOf,
  SCTP_STATES,
  STATUS,
  stateName,
  stateNumber,
  statesOf,
  statusMask,
  statusNames,
  TCP_STATES,
} from '../src/index.js';
import {
  formatNanoseconds,
  hasControls,
  millisecondsOf,
  parseNanoseconds,
  printable,
  printableJson,
} from '../src/text.js';

describe('protocols', () => {
  it('the eight protocols that conntrack(8) prints have a name and a number', () => {
    const printed = Array.from({ length: 256 }, (_, number) => protocolOf(number)).filter(protocol => protocol.printed);
    expect(printed.map(({ number, name, kind }) => [number, name, kind])).toEqual([
      [1, 'icmp', 'icmp'],
      [6, 'tcp', 'ports'],
      [17, 'udp', 'ports'],
      [33, 'dccp', 'ports'],
      [47, 'gre', 'keys'],
      [58, 'icmpv6', 'icmp'],
      [132, 'sctp', 'ports'],
      [136, 'udplite', 'ports'],
    ]);
  });
  it('every protocol is found by its name and its number', () => {
    for (let number = 0; number < 256; number++) {
      const protocol = protocolOf(number);
      expect(findProtocol(protocol.name.toUpperCase())).toBe(protocol);
      expect(findProtocol(String(number))).toBe(protocol);
    }
    expect(findProtocol('ipv6-icmp')?.number).toBe(58);
    expect(findProtocol('256')).toBeUndefined();
    for (const none of ['tpc', '06', 'x6', '6x', '1000', '-1', '']) expect(findProtocol(none)).toBeUndefined();
    for (const number of [256, -1, 1.5])
      expect(() => protocolOf(number)).toThrow(new RangeError(`protocol number ${number} must be 0 to 255`));
  });
  it('a protocol without a name has only a number', () => {
    expect(protocolOf(253)).toEqual({ number: 253, name: '253', kind: 'none', printed: false });
    expect(protocolOf(50)).toEqual({ number: 50, name: 'esp', kind: 'none', printed: false });
    expect(['112', '115', '89', '108'].map(number => findProtocol(number)?.name)).toEqual([
      'vrrp',
      'l2tp',
      'ospf',
      'ipcomp',
    ]);
    expect([...MAY_BE_UNTRACKED].sort()).toEqual([132, 136, 33, 47]);
  });
});

describe('states', () => {
  it.each([
    [6, TCP_STATES],
    [132, SCTP_STATES],
    [33, DCCP_STATES],
  ])('the states of protocol %i have a name and a number', (protonum, names) => {
    names.forEach((name, number) => {
      expect(stateName(protonum, number)).toBe(name);
      expect(stateNumber(protonum, name.toLowerCase())).toBe(number);
    });
  });
  it('a state without a name stays a number', () => {
    expect(stateName(6, 14)).toBe('14');
    expect(stateNumber(6, '14')).toBe(14);
    expect(stateNumber(6, 'LISTEN')).toBe(9);
    expect(stateNumber(33, 'TIMEWAIT')).toBe(7);
    expect(stateNumber(17, 'ESTABLISHED')).toBe(-1);
    expect(stateNumber(17, '3')).toBe(-1);
    expect(stateNumber(6, '255')).toBe(255);
    for (const none of ['256', '1000', '3x', 'x3', '']) expect(stateNumber(6, none)).toBe(-1);
  });
  it('a protocol without a tracker has no states', () => {
    expect([statesOf(6), statesOf(17)]).toEqual([TCP_STATES, []]);
  });
});

describe('status', () => {
  it('status names and masks convert to each other, unknown bits included', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        status => void expect(statusMask(statusNames(status))).toBe(status),
      ),
    );
  });
  it('the status masks are those of the kernel header', () => {
    expect(STATUS).toMatchObject({
      EXPECTED: 1,
      SEEN_REPLY: 2,
      ASSURED: 4,
      CONFIRMED: 8,
      DYING: 512,
      OFFLOAD: 16384,
      HW_OFFLOAD: 32768,
    });
    expect(statusBit('seen_reply')).toBe(2);
    expect(statusBit('BIT_31')).toBe(2 ** 31);
    expect(statusBit('BIT_16')).toBe(2 ** 16);
    expect(statusBit('BIT_29')).toBe(2 ** 29);
    for (const none of ['BIT_2', 'BIT_15', 'BIT_32', 'XBIT_31', 'BIT_311', '']) expect(statusBit(none)).toBe(0);
  });
  it('the list of names of a status word is shared and frozen, even beyond the number of cached words', () => {
    const names = statusNames(6);
    expect(names).toEqual(['SEEN_REPLY', 'ASSURED']);
    expect(statusNames(6)).toBe(names);
    expect(Object.isFrozen(names)).toBe(true);
    for (let i = 0; i < 5000; i++) statusNames(i);
    const late = statusNames(70_000);
    expect([late, statusNames(70_000)]).toEqual([late, late]);
    expect(statusNames(70_000)).not.toBe(late);
    expect(statusNames(6)).toBe(names);
  });
});

describe('text for a terminal', () => {
  it('control characters are escaped in text for a terminal, and nothing else', () => {
    const text = 'a\u001b[31m\u007f\u009b \u2028\u202e\u2069 é\u{1f600}';
    expect([hasControls(text), hasControls('é \u{1f600}')]).toEqual([true, false]);
    expect(printable(text)).toBe('a\\x1b[31m\\x7f\\x9b \\u2028\\u202e\\u2069 é\u{1f600}');
    expect(printable('é \u{1f600}')).toBe('é \u{1f600}');
    expect(printableJson({ text })).toBe('{"text":"a\\u001b[31m\\u007f\\u009b \\u2028\\u202e\\u2069 é\u{1f600}"}');
    expect(JSON.parse(printableJson({ text }))).toEqual({ text });
  });
});

describe('times', () => {
  it('times keep nanoseconds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), time => {
        const text = formatNanoseconds(Number(time >> 32n), Number(time & 0xffffffffn));
        expect(parseNanoseconds(text)).toBe(time);
        expect(Math.abs(millisecondsOf(text) - Number(time) / 1e6)).toBeLessThan(0.01);
      }),
    );
  });
  it('only RFC 3339 is parsed as a time', () => {
    expect(formatNanoseconds(0x18e9b0f5, 0x4a0a1b2c)).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    expect(parseNanoseconds('2026-11-21T05:17:25.5+01:00')).toBe(parseNanoseconds('2026-11-21T04:17:25.500Z'));
    expect(parseNanoseconds('2026-11-21T04:17:25Z')).toBe(1_795_234_645_000_000_000n);
    for (const none of ['yesterday', ' 2026-11-21T04:17:25Z', '2026-11-21T04:17:25Z ', '2026-11-21T04:17:25.Z', ''])
      expect(parseNanoseconds(none)).toBeUndefined();
    expect(millisecondsOf('2026-13-41T00:00:00Z')).toBeNaN();
  });
});

describe('tuples', () => {
  it('the inverse of a tuple is the tuple of the answer', () => {
    expect(invertTuple({ src: '1.1.1.1', dst: '2.2.2.2', sport: 10, dport: 20 }, 6)).toEqual({
      src: '2.2.2.2',
      dst: '1.1.1.1',
      sport: 20,
      dport: 10,
    });
    expect(invertTuple({ src: '1.1.1.1', dst: '2.2.2.2', type: 8, code: 0, id: 7 }, 1)).toEqual({
      src: '2.2.2.2',
      dst: '1.1.1.1',
      type: 0,
      code: 0,
      id: 7,
    });
    expect(invertTuple({ src: '::1', dst: '::2', type: 128, code: 0, id: 7 }, 58).type).toBe(129);
    expect(invertTuple({ src: '::1', dst: '::2', type: 5 }, 58)).toStrictEqual({ src: '::2', dst: '::1', type: 5 });
    expect(invertTuple({ src: '1.1.1.1', dst: '2.2.2.2', sport: 1 }, 6)).toStrictEqual({
      src: '2.2.2.2',
      dst: '1.1.1.1',
      dport: 1,
    });
    expect(invertTuple({ src: '1.1.1.1', dst: '2.2.2.2', zone: 3 }, 50)).toStrictEqual({
      src: '2.2.2.2',
      dst: '1.1.1.1',
    });
    expect(invertTuple({ src: '1.1.1.1', dst: '2.2.2.2', srckey: 1, dstkey: 2 }, 47)).toMatchObject({
      srckey: 2,
      dstkey: 1,
    });
  });
});

describe('label maps', () => {
  it('a label map is read from connlabel.conf', () => {
    const map = new LabelMap('# labels\n0 zero\n 5\tfive # with a comment\n128 too-far\nnonsense\n5 again\n');
    expect(map.names()).toEqual(['zero', 'five']);
    expect(map.bit('five')).toBe(5);
    expect(map.name(0)).toBe('zero');
    expect(map.bit('again')).toBeUndefined();
  });
  it('a label map has bits up to 127, allows any space, and ignores lines of other forms', () => {
    const map = new LabelMap('127   last\n10 ten\n2 two#hash\nx 5 no\n1 one\n');
    expect(map.names()).toEqual(['one', 'two', 'ten', 'last']);
    expect([map.bit('last'), map.name(127), map.name(5)]).toEqual([127, 'last', undefined]);
    expect(new LabelMap().names()).toEqual([]);
  });
});

describe('references', () => {
  const ends = { src: '1.1.1.1', dst: '2.2.2.2' };
  const flow: Flow = { family: 'ipv4', protocol: 'esp', protonum: 50, original: ends, reply: ends };
  it('a reference to a flow has what identifies it, and omits absent members', () => {
    const bare = { family: 'ipv4', protonum: 50, original: ends };
    expect(refOf(flow)).toStrictEqual({ ...bare, reply: ends });
    expect(refOf({ ...flow, reply: { src: '', dst: '' } })).toStrictEqual(bare);
    expect(refOf({ ...flow, zone: 0, id: 0, mark: 1 })).toStrictEqual({ ...bare, reply: ends, zone: 0, id: 0 });
    const zoned = { ...ends, zone: 4 };
    expect(refOf({ ...flow, reply: zoned })).toStrictEqual({ ...bare, reply: zoned, replyZone: 4 });
  });
});

describe('the cursor over flows', () => {
  const flow: Flow = {
    family: 'ipv4',
    protocol: 'tcp',
    protonum: 6,
    original: { src: '10.0.0.1', dst: '192.0.2.1', sport: 1000, dport: 80, packets: 3, bytes: 300 },
    reply: { src: '192.0.2.1', dst: '203.0.113.1', sport: 80, dport: 1000 },
    state: 'ESTABLISHED',
    status: ['SEEN_REPLY', 'ASSURED'],
    labels: [3, 'web'],
  };
  it('a cursor over flows returns the kernel’s numbers, and −1 for absent fields', () => {
    const cursor = new FlowObjectCursor(flow);
    expect(cursor.family()).toBe(2);
    expect([0, 1, 2, 3].map(i => cursor.word(ORIGINAL_SRC, i as 0))).toEqual([0, 0, 0xffff, 0x0a000001]);
    expect(cursor.word(REPLY_DST, 3)).toBe(0xcb007101);
    expect(cursor.state()).toBe(3);
    expect(cursor.status()).toBe(6);
    expect(cursor.bytes(ORIGINAL)).toBe(300);
    expect(cursor.bytes(REPLY)).toBe(-1);
    expect(cursor.mark()).toBe(-1);
    expect(cursor.zone()).toBe(0);
    expect(cursor.hasLabel(3)).toBe(true);
    expect(cursor.hasLabel('web')).toBe(true);
    expect(cursor.hasLabel(4)).toBe(false);
    expect(cursor.start()).toBe(-1);
    expect(cursor.event()).toBe(-1);
  });
  it('a cursor over flows can be moved to another flow', () => {
    const cursor = new FlowObjectCursor(flow);
    cursor.word(ORIGINAL_SRC, 3);
    cursor.move({ ...flow, family: 'ipv6', original: { src: '2001:db8::1', dst: 'nonsense' } }, 'update');
    expect(cursor.word(ORIGINAL_SRC, 0)).toBe(0x20010db8);
    expect(cursor.word(1, 0)).toBe(-1);
    expect(EVENT_TYPES[cursor.event()]).toBe('update');
  });
});
