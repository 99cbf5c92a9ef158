import { type Flow, LabelMap } from '@conntrack/flow';
import { type ParseError, type ParseOptions, parseText } from '@conntrack/parser';
import { describe, expect, it } from 'vitest';
import { encode } from '../../src/core/bytes.js';
import { FlowLineReader } from '../../src/line/flow-line-reader.js';
import { LAYER4, ORIGINAL_TUPLE, REPLY_TUPLE, REST, TIMEOUT_COLUMN, TokenLine } from '../../src/line/token-line.js';

const TUPLE = 'src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2';
const BACK = 'src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1';
const FRONT = 'tcp      6 99 ';
const LINE = `${FRONT}${TUPLE} ${BACK}`;
const FLOW: Flow = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 },
  reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 2, dport: 1 },
  status: ['SEEN_REPLY'],
  timeout: 99,
};

const one = (text: string, options: ParseOptions = {}): Flow => {
  const [flow, ...others] = parseText(text, { format: 'conntrack', timeZone: 0, ...options });
  expect(others).toEqual([]);
  return flow!;
};
const fault = (text: string, options: ParseOptions = {}): [code: string, column: number, expected: string] => {
  try {
    parseText(text, { format: 'conntrack', timeZone: 0, ...options });
  } catch (error) {
    const { code, column, expected } = error as ParseError;
    return [code, column, expected];
  }
  throw new Error('it was read');
};

describe('a line’s columns', () => {
  it.each<[string, object]>([
    [LINE, {}],
    [`ipv4     2 ${LINE}`, {}],
    [LINE.replace('99 ', ''), { timeout: undefined }],
    [LINE.replace('99', '0'), { timeout: 0 }],
    [LINE.replace('99', '99 CLOSE'), { state: 'CLOSE' }],
    [LINE.replace('99', 'CLOSE'), { state: 'CLOSE', timeout: undefined }],
    [LINE.replace('99', '99 LISTEN'), { state: 'LISTEN' }],
    [LINE.replace('99', '99 10'), { state: '10' }],
    [LINE.replace('99', '99 255'), { state: '255' }],
    [LINE.replace('tcp      6', 'unknown  6'), { extra: [{ text: 'unknown', after: 'protocol' }] }],
    [
      LINE.replace('tcp      6', 'hopopt   0'),
      { protocol: 'hopopt', protonum: 0, extra: [{ text: 'hopopt', after: 'protocol' }] },
    ],
    [LINE.replace('tcp      6', 'unknown  255'), { protocol: '255', protonum: 255 }],
  ])('the columns of a line are read: %s', (text, more) => {
    const { extra: _, ...read } = one(text);
    const { extra, ...expected } = { ...FLOW, ...more } as Flow;
    expect({ timeout: undefined, ...read }).toEqual({ timeout: undefined, ...expected });
    if (extra !== undefined) expect(one(text).extra).toEqual(extra);
  });

  it.each<[string, string, number, string]>([
    ['', 'none', 0, ''],
    [`ipv4     10 ${LINE}`, 'PROTOCOL_EXPECTED', 1, "'ipv4' and 2, or 'ipv6' and 10"],
    [`ipv6     2 ${LINE}`, 'PROTOCOL_EXPECTED', 1, "'ipv4' and 2, or 'ipv6' and 10"],
    [`ipv5     10 ${LINE}`, 'PROTOCOL_EXPECTED', 1, "'ipv4' and 2, or 'ipv6' and 10"],
    [`ipv4     x ${LINE}`, 'PROTOCOL_EXPECTED', 1, "'ipv4' and 2, or 'ipv6' and 10"],
    ['ipv4x 2 tcp', 'PROTOCOL_EXPECTED', 1, 'ax.25 as the name of protocol 2'],
    ['=5', 'PROTOCOL_EXPECTED', 1, 'a protocol name'],
    ['tcp', 'PROTOCOL_EXPECTED', 4, 'a protocol name'],
    ['tcp=6', 'PROTOCOL_EXPECTED', 4, 'a protocol name'],
    ['tcp[6', 'PROTOCOL_EXPECTED', 4, 'a protocol name'],
    ['tcp\t6', 'PROTOCOL_EXPECTED', 4, 'a protocol name'],
    ['tcp x', 'PROTOCOL_EXPECTED', 5, 'a protocol number, 0 to 255'],
    ['tcp 256', 'PROTOCOL_EXPECTED', 5, 'a protocol number, 0 to 255'],
    ['tcp 06', 'PROTOCOL_EXPECTED', 5, 'a protocol number, 0 to 255'],
    ['tc 6', 'PROTOCOL_EXPECTED', 1, 'tcp as the name of protocol 6'],
    ['tcpx 6', 'PROTOCOL_EXPECTED', 1, 'tcp as the name of protocol 6'],
    ['6 6', 'PROTOCOL_EXPECTED', 1, 'tcp as the name of protocol 6'],
    ['6tcp 6', 'PROTOCOL_EXPECTED', 1, 'tcp as the name of protocol 6'],
    [LINE.replace('99', '99x'), 'NUMBER_EXPECTED', 12, 'a timeout in seconds'],
    [LINE.replace('99', '099'), 'NUMBER_EXPECTED', 12, 'a timeout in seconds'],
    [LINE.replace('99', '99 NOSTATE'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 0'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 9'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 011'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 256'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 10.5'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 1e1'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 1000'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 11x'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('99', '99 X11'), 'STATE_EXPECTED', 15, 'a state of tcp'],
    [LINE.replace('tcp      6 99', 'udp      17 99 11'), 'STATE_EXPECTED', 16, 'a state of udp'],
    [LINE.replace('tcp      6 99', 'udp      17 99 CLOSE'), 'STATE_EXPECTED', 16, 'a state of udp'],
  ])('the columns %j are a fault', (text, code, column, expected) => {
    if (code === 'none') expect(parseText(text)).toEqual([]);
    else if (expected.startsWith('ax.25')) expect(fault(text).slice(0, 2)).toEqual([code, column]);
    else expect(fault(text)).toEqual([code, column, expected]);
  });
});

describe('a line’s tuples', () => {
  it.each<[string, string]>([
    ['', 'src= of the original direction'],
    ['src=10.0.0.1', 'dst= of the original direction'],
    [TUPLE, 'src= of the reply direction'],
    [`${TUPLE} src=10.0.0.2`, 'dst= of the reply direction'],
  ])('a line %j lacks %s', (tuples, expected) => {
    const text = FRONT + tuples;
    expect(fault(text)).toEqual(['TUPLE_EXPECTED', text.length + 1, expected]);
  });

  it.each<[string, string, number, string]>([
    ['src=x', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=10.0.0.1 dst=::1', 'ADDRESS_EXPECTED', 18, 'an IPv4 address'],
    ['src=::1 dst=10.0.0.1', 'ADDRESS_EXPECTED', 13, 'an IPv6 address'],
    ['src=10.0.0.256', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=10.0.0.1x', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=10.0.0', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=10.0.0.1.2', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=10.00.0.1', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=10..0.1', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['src=', 'ADDRESS_EXPECTED', 5, 'an address'],
    ['word', 'PAIR_EXPECTED', 1, 'a timeout, a state or src='],
    ['src=10.0.0.1 word', 'PAIR_EXPECTED', 14, 'key=value or a [FLAG]'],
    ['dst=10.0.0.1', 'PAIR_EXPECTED', 1, 'dst= once, in its place'],
    ['src=10.0.0.1 src=10.0.0.1', 'PAIR_EXPECTED', 14, 'src= once, in its place'],
    [`${TUPLE} dst=10.0.0.1`, 'PAIR_EXPECTED', 43, 'dst= once, in its place'],
    [`${TUPLE} ${BACK} src=1.1.1.1`, 'PAIR_EXPECTED', 85, 'src= once, in its place'],
    ['sport=1', 'PAIR_EXPECTED', 1, 'sport= once, in its place'],
    [`${TUPLE} sport=1`, 'PAIR_EXPECTED', 43, 'sport= once, in its place'],
    [`${TUPLE} zone-reply=1`, 'PAIR_EXPECTED', 43, 'zone-reply= once, in its place'],
    [`${TUPLE} ${BACK} zone-orig=1`, 'PAIR_EXPECTED', 85, 'zone-orig= once, in its place'],
    [`${TUPLE} ${BACK} mark=1 mark=1`, 'PAIR_EXPECTED', 92, 'mark= once, in its place'],
    [`${TUPLE} ${BACK} helper=a helper=b`, 'PAIR_EXPECTED', 94, 'helper= once, in its place'],
    [`${TUPLE} ${BACK} labels=a labels=b`, 'PAIR_EXPECTED', 94, 'labels= once, in its place'],
    [`${TUPLE} ${BACK} labels=`, 'PAIR_EXPECTED', 85, 'labels= once, in its place'],
    [`${TUPLE} ${BACK} labels labels`, 'PAIR_EXPECTED', 92, 'key=value or a [FLAG]'],
    [`${TUPLE} ${BACK} labelsx`, 'PAIR_EXPECTED', 85, 'key=value or a [FLAG]'],
    [`${TUPLE} ${BACK} [assured]`, 'PAIR_EXPECTED', 85, 'key=value or a [FLAG]'],
    [`${TUPLE} ${BACK} [ASSURED]x`, 'PAIR_EXPECTED', 85, 'key=value or a [FLAG]'],
    ['src=10.0.0.1 dst=10.0.0.2 sport=65536', 'NUMBER_EXPECTED', 33, 'a number, 0 to 65535'],
    ['src=10.0.0.1 dst=10.0.0.2 sport=', 'NUMBER_EXPECTED', 33, 'a number, 0 to 65535'],
    ['src=10.0.0.1 dst=10.0.0.2 sport=0x1', 'NUMBER_EXPECTED', 33, 'a number, 0 to 65535'],
    ['src=10.0.0.1 dst=10.0.0.2 srckey=5', 'NUMBER_EXPECTED', 34, 'a key, 0x0 to 0xffff'],
    ['src=10.0.0.1 dst=10.0.0.2 packets=x', 'NUMBER_EXPECTED', 35, 'a number, 0 to 9007199254740991'],
    [
      'src=10.0.0.1 dst=10.0.0.2 packets=123456789012345678901',
      'NUMBER_EXPECTED',
      35,
      'a number, 0 to 9007199254740991',
    ],
    ['src=10.0.0.1 dst=10.0.0.2 packets=x1234567890123456', 'NUMBER_EXPECTED', 35, 'a number, 0 to 9007199254740991'],
    ['src=10.0.0.1 dst=10.0.0.2 packets=0234567890123456', 'NUMBER_EXPECTED', 35, 'a number, 0 to 9007199254740991'],
    ['src=10.0.0.1 dst=10.0.0.2 sport=1234567890123456', 'NUMBER_EXPECTED', 33, 'a number, 0 to 65535'],
    [`${TUPLE} ${BACK} mark=0x123456789`, 'NUMBER_EXPECTED', 90, 'a number, 0 to 4294967295'],
    [`${TUPLE} ${BACK} mark=x0x1`, 'NUMBER_EXPECTED', 90, 'a number, 0 to 4294967295'],
    [`${TUPLE} ${BACK} mark=0x1x`, 'NUMBER_EXPECTED', 90, 'a number, 0 to 4294967295'],
    [`${TUPLE} ${BACK} mark=-1`, 'NUMBER_EXPECTED', 90, 'a number, 0 to 4294967295'],
    [`${TUPLE} ${BACK} delta-time=-05`, 'NUMBER_EXPECTED', 96, 'a number, 0 to 9007199254740991'],
    [`${TUPLE} ${BACK} delta-time=-5x`, 'NUMBER_EXPECTED', 96, 'a number, 0 to 9007199254740991'],
    [`${TUPLE} ${BACK} delta-time=x-5`, 'NUMBER_EXPECTED', 96, 'a number, 0 to 9007199254740991'],
    [`${TUPLE} ${BACK} delta-time=0x5`, 'NUMBER_EXPECTED', 96, 'a number, 0 to 9007199254740991'],
    [`${TUPLE} ${BACK} use=0x5`, 'NUMBER_EXPECTED', 89, 'a number, 0 to 4294967295'],
  ])('a tuple with %s is a fault', (tuples, code, column, expected) => {
    expect(fault(FRONT + tuples)).toEqual([code, FRONT.length + column, expected]);
    // A reader that has read other lines before reports the same.
    expect(fault(`${LINE} mark=1 use=1\n${FRONT}${tuples}`)).toEqual([code, FRONT.length + column, expected]);
  });

  it('the parts of a tuple depend on the protocol: ICMP’s identifier is the tuple’s, and the id after it the flow’s', () => {
    const text = (more: string): string =>
      `icmp     1 9 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7${more}`;
    expect(one(text(''))).toMatchObject({ original: { type: 8, code: 0, id: 7 }, reply: { type: 0, id: 7 } });
    expect(one(text(''))).not.toHaveProperty('id');
    expect(one(text(' id=5'))).toMatchObject({ id: 5, key: expect.any(String), reply: { id: 7 } });
    expect(
      one(text('').replaceAll(' type=8 code=0', '').replaceAll(' type=0 code=0', '').replace(' id=7 src', ' src')),
    ).toMatchObject({ id: 7 });
    const six = text('').replace('icmp     1', 'icmpv6   58').replaceAll('10.0.0.', '::');
    expect(one(six)).toMatchObject({ family: 'ipv6', original: { src: '::1', id: 7 } });
    expect(
      one(text('').replace('id=7', 'id=65536').replace('icmp     1', 'icmp     1'), { mode: 'tolerant' }),
    ).toBeUndefined();
    expect(one(LINE.replace('sport=1', 'type=1 code=2 id=5').replace(' dport=2', ''))).toMatchObject({ id: 5 });
  });

  it('keys, zones, counters and spaces may be between the parts of a tuple', () => {
    expect(
      one(
        'gre      47 9  src=10.0.0.1   dst=10.0.0.2 srckey=0x0 dstkey=0xffff zone-orig=3 packets=1 bytes=2 src=10.0.0.2 dst=10.0.0.1 srckey=0xa dstkey=0x1 zone-reply=4 packets=0 bytes=9007199254740991',
      ),
    ).toEqual({
      family: 'ipv4',
      protocol: 'gre',
      protonum: 47,
      original: { src: '10.0.0.1', dst: '10.0.0.2', srckey: 0, dstkey: 0xffff, zone: 3, packets: 1, bytes: 2 },
      reply: { src: '10.0.0.2', dst: '10.0.0.1', srckey: 10, dstkey: 1, zone: 4, packets: 0, bytes: 2 ** 53 - 1 },
      status: ['SEEN_REPLY'],
      timeout: 9,
    });
    expect(one(LINE.replace('sport=1 ', ''))).toStrictEqual({
      ...FLOW,
      original: { src: '10.0.0.1', dst: '10.0.0.2', dport: 2 },
    });
    const counted = LINE.replace('dport=2', 'dport=2 packets=5 bytes=6');
    expect(one(counted)).toStrictEqual({ ...FLOW, original: { ...FLOW.original, packets: 5, bytes: 6 } });
    expect(one(counted.replace(' bytes=6', ''))).toStrictEqual({ ...FLOW, original: { ...FLOW.original, packets: 5 } });
  });
});

describe('a line’s other fields', () => {
  it('the flow’s other fields are read in any of their notations', () => {
    expect(one(`${LINE} [ASSURED] mark=0xFf secmark=0x1 zone=0 delta-time=-5 use=2 id=4294967295 portid=7`)).toEqual({
      ...FLOW,
      status: ['SEEN_REPLY', 'ASSURED'],
      mark: 255,
      secmark: 1,
      zone: 0,
      deltaTime: -5,
      use: 2,
      id: 0xffffffff,
      key: expect.any(String),
      portid: 7,
    });
    for (const [flag, status] of [
      ['[OFFLOAD]', ['SEEN_REPLY', 'OFFLOAD']],
      ['[HW_OFFLOAD]', ['SEEN_REPLY', 'HW_OFFLOAD']],
      ['[USERSPACE]', ['SEEN_REPLY']],
      ['[UNREPLIED]', []],
      ['[UNREPLIED] [ASSURED]', ['ASSURED']],
    ] as const)
      expect(one(`${LINE} ${flag}`)).toEqual({ ...FLOW, status });
    for (const more of ['mark=1 use=1', 'mark=1 use=1 zone=5', 'mark=1', 'mark=1 zone=5'])
      for (const state of ['', 'CLOSE ']) {
        const fields = Object.fromEntries(
          more.split(' ').map(pair => [pair.split('=')[0], Number(pair.split('=')[1])]),
        );
        const read = one(`${FRONT}${state}${TUPLE} ${BACK} ${more}`);
        expect(read).toStrictEqual({ ...FLOW, ...fields, ...(state !== '' && { state: 'CLOSE' }) });
      }
  });

  it('a security context or a program’s name may contain spaces', () => {
    expect(one(`${LINE} secctx=docker-default (enforce) zone=5 helper=ftp labels=a,b progname=a b=c [x]`)).toEqual({
      ...FLOW,
      secctx: 'docker-default (enforce)',
      zone: 5,
      helper: 'ftp',
      labels: ['a', 'b'],
      progname: 'a b=c [x]',
    });
    expect(one(`${LINE} secctx=a b`)).toEqual({ ...FLOW, secctx: 'a b' });
    expect(one(`${LINE} secctx=a [ASSURED]`)).toMatchObject({ secctx: 'a', status: ['SEEN_REPLY', 'ASSURED'] });
    expect(one(`${LINE} secctx=a  use=1`)).toMatchObject({ secctx: 'a', use: 1 });
    expect(fault(`${LINE} helper=a b`)[0]).toBe('PAIR_EXPECTED');
    expect(one(`${LINE} labels=a,b`, { labelMap: new LabelMap('5 b') }).labels).toEqual(['a', 5]);
    expect(one(`${LINE} labels`).labels).toEqual([]);
    expect(one(`${LINE} secctx= helper=`)).toMatchObject({ secctx: '', helper: '' });
    const long = 'x'.repeat(100);
    for (const word of [long, `${long}y`, long, 'x'.repeat(64), 'x'.repeat(65), 'y'.repeat(64)])
      expect(one(`${LINE} helper=${word}`).helper).toBe(word);
  });

  it('times in brackets are those of the given zone', () => {
    const START = '[start=Sat Nov 21 04:17:25 2026]';
    const STOP = '[stop=Sun Nov 22 04:17:25 2026]';
    expect(one(`${LINE} ${START} ${STOP} use=1`)).toEqual({
      ...FLOW,
      start: '2026-11-21T04:17:25.000000000Z',
      stop: '2026-11-22T04:17:25.000000000Z',
      use: 1,
    });
    expect(one(`${LINE} ${START}`, { timeZone: 60 }).start).toBe('2026-11-21T03:17:25.000000000Z');
    expect(one(`${LINE} ${START} a=1 ${STOP} b=2`).extra).toEqual([
      { text: 'a=1', after: '[start]' },
      { text: 'b=2', after: '[stop]' },
    ]);
    const wrong = START.replace('Sat', 'Sun');
    expect(one(`${LINE} ${wrong} use=1`)).toEqual({ ...FLOW, use: 1, extra: [{ text: wrong, after: 'reply.dport' }] });
    expect(one(`${LINE} ${START} ${START}`).extra).toEqual([{ text: START, after: '[start]' }]);
    expect(fault(`${LINE} ${START}x`)[0]).toBe('PAIR_EXPECTED');
    expect(fault(`${LINE} x${START}`)[0]).toBe('PAIR_EXPECTED');
    expect(fault(`${LINE} [start=Sat Nov 21 04:17:25 20267]`)[0]).toBe('PAIR_EXPECTED');
  });

  it('unknown pairs and flags are kept in their places', () => {
    const text = `${FRONT}a=0 src=10.0.0.1 b=1 dst=10.0.0.2 sport=1 dport=2 [X_Y] ${BACK} c=2 [ASSURED] d=3 labels=q e=4 use=1 f=5 `;
    expect(one(text).extra).toEqual([
      { text: 'a=0', after: 'timeout' },
      { text: 'b=1', after: 'original.src' },
      { text: '[X_Y]', after: 'original.dport' },
      { text: 'c=2', after: 'reply.dport' },
      { text: 'd=3', after: '[ASSURED]' },
      { text: 'e=4', after: 'labels' },
      { text: 'f=5', after: 'use' },
      { text: '', after: 'use' },
    ]);
    expect(one(`tcp 6 a=0 ${TUPLE} ${BACK} labels b=1`).extra).toEqual([
      { text: 'a=0', after: 'protonum' },
      { text: 'b=1', after: 'labels' },
    ]);
    expect(one(`tcp 6 CLOSE a=0 ${TUPLE} ${BACK}`).extra).toEqual([{ text: 'a=0', after: 'state' }]);
    const counter = 'packets=18446744073709551615';
    expect(one(LINE.replace('dport=2', `dport=2 ${counter} bytes=1`))).toMatchObject({
      original: { bytes: 1 },
      extra: [{ text: counter, after: 'original.dport' }],
    });
    expect(one(`${LINE} [HW_OFFLOAD] a=1`).extra).toEqual([{ text: 'a=1', after: '[HW_OFFLOAD]' }]);
  });

  it('a line has at most maxPairs tokens', () => {
    expect(one(LINE, { maxPairs: 8 })).toEqual(FLOW);
    expect(fault(LINE, { maxPairs: 7 })).toEqual(['TOO_MANY_PAIRS', LINE.length - 6, 'at most 7 tokens']);
  });

  it('places are counted in characters, even if there are more bytes', () => {
    expect(fault(`${LINE} helper=äöü word`)[1]).toBe(LINE.length + 13);
  });
});

describe('fields of another format, as one line', () => {
  const read = (fill: (line: TokenLine) => void): Flow => {
    const line = new TokenLine();
    line.add(LAYER4, 'tcp 6', 0);
    fill(line);
    return line.read(new FlowLineReader());
  };
  const ends = (line: TokenLine): void => {
    line.add(REPLY_TUPLE, 'dst=10.0.0.1', 20);
    line.add(REPLY_TUPLE, 'src=10.0.0.2', 30);
    line.add(ORIGINAL_TUPLE, 'sport=1', 40);
    line.add(ORIGINAL_TUPLE, 'dst=10.0.0.2', 50);
    line.add(ORIGINAL_TUPLE, 'src=10.0.0.1', 60);
  };

  it('fields of another format may come in any order', () => {
    expect(
      read(line => {
        line.add(REST, 'mark=5', 5);
        line.add(REST, '[ASSURED]', 6);
        ends(line);
        line.add(TIMEOUT_COLUMN, '9', 70);
      }),
    ).toMatchObject({ timeout: 9, mark: 5, original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1 } });
  });

  it.each([
    ['mark=x', 33, 'NUMBER_EXPECTED'],
    ['use=1', 33, undefined],
    ['word', 33, 'PAIR_EXPECTED'],
  ])('a fault in fields with %s is placed where it was found', (text, at, code) => {
    const attempt = (): Flow =>
      read(line => {
        ends(line);
        line.add(REST, text, at);
        line.add(REST, 'id=5', 90);
      });
    if (code === undefined) expect(attempt()).toMatchObject({ use: 1 });
    else expect(attempt).toThrow(expect.objectContaining({ code, at }));
  });

  it('if fields end too early, the fault is at the last one', () => {
    expect(() =>
      read(line => {
        line.add(ORIGINAL_TUPLE, 'dst=10.0.0.2', 30);
        line.add(ORIGINAL_TUPLE, 'src=10.0.0.1', 20);
        line.add(ORIGINAL_TUPLE, 'sport=1', 12);
      }),
    ).toThrow(expect.objectContaining({ code: 'TUPLE_EXPECTED', at: 12 }));
  });

  it.each(['mark=1 2', 'mark=[x', 'x[ASSURED]', '[ASSURED]x', 'a]', 'a\tb', '[assured]'])(
    'a field of another format cannot be %j',
    text => {
      expect(() => read(line => line.add(REST, text, 7))).toThrow(
        expect.objectContaining({ code: 'NUMBER_EXPECTED', at: 7, expected: 'a value without spaces and brackets' }),
      );
    },
  );

  it('a token line is read from any place in its bytes', () => {
    const reader = new FlowLineReader({ timeZone: 0 });
    const bytes = encode(`xx${LINE} [start=Sat Nov 21 04:17:25 2026] a=1${'y'.repeat(60)}`);
    const stop = 2 + LINE.length + ' [start=Sat Nov 21 04:17:25 2026] a=1'.length;
    expect(reader.read(bytes, 2, stop).extra).toEqual([{ text: 'a=1', after: '[start]' }]);
    expect(reader.read(bytes, 2, 2 + LINE.length)).toEqual(FLOW);
    expect(() => reader.read(bytes, 2, 2 + LINE.length - 1)).toThrow(
      expect.objectContaining({ code: 'NUMBER_EXPECTED' }),
    );
    const event = encode(`    [NEW] ${LINE}${' [UPDATE] '.repeat(5)}`);
    expect(reader.read(event, 0, 10 + LINE.length)).toEqual(FLOW);
    expect(reader.event).toBe('new');
    reader.read(bytes, 2, stop);
    expect([reader.event, reader.time]).toEqual([undefined, undefined]);
  });
});
