import type { ParseError } from '@conntrack/parser';
import {
  type ExpectationOptions,
  parseExpectationEvents,
  parseExpectationEventText,
  parseExpectations,
  parseExpectationText,
} from '@conntrack/parser/expectations';
import { describe, expect, it } from 'vitest';

const TUPLE = 'src=192.0.2.1 dst=192.0.2.2 sport=0 dport=1029';
const MASK = 'mask-src=255.255.255.255 mask-dst=255.255.255.255 sport=0 dport=65535';
const MASTER = 'master-src=192.0.2.1 master-dst=192.0.2.2 sport=1 dport=21';
const LINE = `300 proto=6 ${TUPLE} ${MASK} ${MASTER}`;
const ENDS = { src: '192.0.2.1', dst: '192.0.2.2' };
const EXPECTATION = {
  family: 'ipv4',
  protocol: 'tcp',
  protonum: 6,
  timeout: 300,
  tuple: { ...ENDS, sport: 0, dport: 1029 },
  mask: { src: '255.255.255.255', dst: '255.255.255.255', sport: 0, dport: 65535 },
  master: { ...ENDS, sport: 1, dport: 21 },
};
const XML =
  '<flow><layer3 protonum="2" protoname="ipv4"><expected><src>192.0.2.1</src><dst>192.0.2.2</dst></expected><mask><src>255.255.255.255</src><dst>255.255.255.255</dst></mask><master><src>192.0.2.1</src><dst>192.0.2.2</dst></master></layer3>' +
  '<layer4 protonum="6" protoname="tcp"><expected><sport>0</sport><dport>1029</dport></expected><mask><sport>0</sport><dport>65535</dport></mask><master><sport>1</sport><dport>21</dport></master></layer4>' +
  '<meta><helper-name>ftp</helper-name><timeout>300</timeout><zone>5</zone><class>1</class></meta></flow>';
const WHEN =
  '<when><hour>6</hour><min>41</min><sec>07</sec><wday>7</wday><day>21</day><month>11</month><year>2026</year></when>';

const one = (text: string, options?: ExpectationOptions): unknown => {
  const list = parseExpectationText(text, options);
  expect(list).toHaveLength(1);
  return list[0];
};
/** Reads a line after another one, by which the format is detected. */
const second = (text: string): unknown => parseExpectationText(`${LINE}\n${text}`)[1];
const fault = (text: string, options?: ExpectationOptions): [code: string, column: number, expected: string] => {
  try {
    parseExpectationText(text, options);
  } catch (error) {
    const { code, column, expected } = error as ParseError;
    return [code, column, expected];
  }
  throw new Error('it was read');
};

describe('a line of an expectation', () => {
  it('a line of an expectation is read with every field', () => {
    expect(one(LINE)).toEqual(EXPECTATION);
    expect(one(`${LINE} zone=5 PERMANENT,USERSPACE class=1 helper=sip-1`)).toEqual({
      ...EXPECTATION,
      zone: 5,
      flags: ['PERMANENT', 'USERSPACE'],
      class: 1,
      helper: 'sip-1',
    });
    const { timeout: _, ...without } = EXPECTATION;
    expect(one(`-${LINE.slice(3)}`)).toEqual(without);
    expect(second(`0   ${LINE.slice(4)} [USERSPACE] portid=7 progname=a b`)).toEqual({
      ...EXPECTATION,
      timeout: 0,
      portid: 7,
      progname: 'a b',
    });
  });

  it('an expectation of other protocols has their tuple parts', () => {
    expect(
      one(
        '9 proto=47 src=::1 dst=::2 srckey=0x0 dstkey=0xffff mask-src=:: mask-dst=:: srckey=0x1 dstkey=0x2 master-src=::1 master-dst=::2 srckey=0x3 dstkey=0x4',
      ),
    ).toMatchObject({
      family: 'ipv6',
      protocol: 'gre',
      tuple: { src: '::1', dst: '::2', srckey: 0, dstkey: 0xffff },
      mask: { srckey: 1, dstkey: 2 },
      master: { srckey: 3, dstkey: 4 },
    });
    expect(
      one(
        '9 proto=1 src=1.1.1.1 dst=2.2.2.2 type=255 code=0 id=65535 mask-src=0.0.0.0 mask-dst=0.0.0.0 master-src=1.1.1.1 master-dst=2.2.2.2',
      ),
    ).toMatchObject({ tuple: { type: 255, code: 0, id: 65535 }, mask: { src: '0.0.0.0' } });
  });

  it('an expectation of the kernel’s file may lack mask and master, and has its helper without a key', () => {
    const proc = '299 l3proto = 2 proto=6 src=192.0.2.1 dst=192.0.2.2 sport=0 dport=1029';
    const { mask: _, master: __, ...bare } = { ...EXPECTATION, timeout: 299 };
    expect(one(proc)).toEqual(bare);
    expect(one(`${proc} sip/signalling`)).toEqual({ ...bare, helper: 'sip/signalling' });
    expect(one(`${proc} PERMANENT INACTIVE`)).toEqual({ ...bare, flags: ['PERMANENT'], helper: 'INACTIVE' });
    expect(one('- l3proto = 10 proto=17 src=2001:db8::1 dst=2001:db8::2')).toMatchObject({ family: 'ipv6' });
    expect(fault(`${proc} ftp sip`)).toEqual(['PAIR_EXPECTED', proc.length + 6, 'each key=value once, or flags']);
    expect(fault(`${proc} 5ftp`)).toEqual(['PAIR_EXPECTED', proc.length + 2, 'each key=value once, or flags']);
    expect(fault(`${proc} ftp;`)).toEqual(['PAIR_EXPECTED', proc.length + 2, 'each key=value once, or flags']);
    expect(fault('299 l3proto = 2 proto=6 src=192.0.2.1')[2]).toBe('src and dst of the tuple');
  });

  it('unknown pairs of an expectation are kept in their places', () => {
    expect(
      second(`300 proto=6 a=1 ${TUPLE} b=2 ${MASK} ${MASTER} c=3 PERMANENT d=4 class=1 e=5 helper=ftp f=6`),
    ).toMatchObject({
      extra: [
        { text: 'a=1', after: 'protonum' },
        { text: 'b=2', after: 'tuple.dport' },
        { text: 'c=3', after: 'master.dport' },
        { text: 'd=4', after: 'flags' },
        { text: 'e=5', after: 'class' },
        { text: 'f=6', after: 'helper' },
      ],
    });
    expect(one('300 l3proto = 2 proto=6 src=192.0.2.1 x=1 dst=192.0.2.2 y=2 ftp z=3')).toMatchObject({
      extra: [
        { text: 'x=1', after: 'tuple.src' },
        { text: 'y=2', after: 'tuple.dst' },
        { text: 'z=3', after: 'helper' },
      ],
    });
  });

  it.each<[string, string, number, string]>([
    ['src=192.0.2.x', 'ADDRESS_EXPECTED', 17, 'an address of one family'],
    ['src=::1 dst=192.0.2.1', 'ADDRESS_EXPECTED', 25, 'an address of one family'],
    ['src=[::1]', 'ADDRESS_EXPECTED', 17, 'an address of one family'],
    ['sport=65536', 'NUMBER_EXPECTED', 19, 'a number, 0 to 65535'],
    ['type=256', 'NUMBER_EXPECTED', 18, 'a number, 0 to 255'],
    ['srckey=5', 'NUMBER_EXPECTED', 20, 'a key, 0x0 to 0xffff'],
    ['srckey=0x12345', 'NUMBER_EXPECTED', 20, 'a key, 0x0 to 0xffff'],
    ['srckey=0x012', 'NUMBER_EXPECTED', 20, 'a key, 0x0 to 0xffff'],
    ['srckey=x0x1', 'NUMBER_EXPECTED', 20, 'a key, 0x0 to 0xffff'],
    ['zone=65536', 'NUMBER_EXPECTED', 18, 'a number, 0 to 65535'],
    ['class=x', 'NUMBER_EXPECTED', 19, 'a number, 0 to 4294967295'],
    [`${TUPLE} src=192.0.2.1`, 'PAIR_EXPECTED', 60, 'src= once'],
    [`${TUPLE} dport=1`, 'PAIR_EXPECTED', 60, 'dport= once'],
    ['class=1 class=1', 'PAIR_EXPECTED', 21, 'class= once'],
    ['srckey=0x1 srckey=0x1', 'PAIR_EXPECTED', 24, 'each key=value once, or flags'],
    ['helper=a helper=b', 'PAIR_EXPECTED', 22, 'each key=value once, or flags'],
    ['PERMANENT PERMANENT', 'PAIR_EXPECTED', 23, 'each key=value once, or flags'],
    ['PERMANENT,X', 'PAIR_EXPECTED', 13, 'each key=value once, or flags'],
    ['flags=PERMANENT =5', 'PAIR_EXPECTED', 29, 'each key=value once, or flags'],
    ['src=192.0.2.1', 'TUPLE_EXPECTED', 26, 'src and dst of the tuple'],
    ['dst=192.0.2.1', 'TUPLE_EXPECTED', 26, 'src and dst of the tuple'],
    [TUPLE, 'TUPLE_EXPECTED', 59, 'src and dst of the mask'],
    [`${TUPLE} ${MASK}`, 'TUPLE_EXPECTED', 129, 'src and dst of the master'],
  ])('a line of an expectation with %s is a fault', (rest, code, column, expected) => {
    expect(fault(`${LINE}\n300 proto=6 ${rest}`)).toEqual([code, column, expected]);
  });

  it('the protocol, family and event of an expectation must exist', () => {
    expect(fault(LINE.replace('proto=6', 'proto=256'))).toEqual(['PROTOCOL_EXPECTED', 1, 'seconds (or -) and proto=']);
    expect(one(LINE.replace('proto=6', 'proto=0'))).toMatchObject({ protonum: 0 });
    expect(fault(`300 l3proto = 3 proto=6 ${TUPLE}`)).toEqual(['PROTOCOL_EXPECTED', 1, 'l3proto = 2 or 10']);
    expect(fault(`${LINE}\nx300 proto=6 ${TUPLE}`)[0]).toBe('PROTOCOL_EXPECTED');
    const event = `    [NEW] 300 proto=256 ${TUPLE}`;
    expect(fault(`    [NEW] ${LINE}\n${event}`)).toEqual(['PROTOCOL_EXPECTED', 11, 'seconds (or -) and proto=']);
    expect(fault(`${LINE}\n    [OLD] ${LINE}`)).toEqual([
      'TAG_EXPECTED',
      1,
      'a time in brackets and a tab, [NEW], [UPDATE] or [DESTROY]',
    ]);
    expect(fault('nothing')).toEqual([
      'FORMAT_UNKNOWN',
      1,
      'expectations: conntrack -L expect, /proc/net/nf_conntrack_expect, XML or NDJSON',
    ]);
  });

  it('a line of an expectation has at most maxPairs tokens', () => {
    expect(one(LINE, { maxPairs: 12 })).toEqual(EXPECTATION);
    expect(fault(LINE, { maxPairs: 11 })).toEqual(['TOO_MANY_PAIRS', 1, 'at most 11 tokens']);
    expect(fault(LINE + ' a=b'.repeat(120))).toEqual(['TOO_MANY_PAIRS', 1, 'at most 128 tokens']);
  });

  it('an expectation has its own time or that of its event', () => {
    const time = '2026-11-21T04:17:25.289660000Z';
    const stamp = '[1795234645.289660]\t';
    expect(one(stamp + LINE)).toEqual({ ...EXPECTATION, time });
    expect(parseExpectationEventText(`${stamp}    [NEW] ${LINE}`)).toStrictEqual([
      { type: 'new', expectation: EXPECTATION, time },
    ]);
    expect(parseExpectationEventText(`    [NEW] ${LINE}`)).toStrictEqual([{ type: 'new', expectation: EXPECTATION }]);
  });
});

describe('XML of an expectation', () => {
  const whole = { ...EXPECTATION, zone: 5, class: 1, helper: 'ftp' };

  it('an expectation in XML is read with every field', () => {
    expect(one(XML)).toEqual(whole);
    const { timeout: _, ...without } = whole;
    expect(one(XML.replace('<timeout>300</timeout>', ''))).toEqual(without);
  });

  it('an expectation in XML has its own time or that of its event', () => {
    const time = '2026-11-21T06:41:07.000000000Z';
    const text = XML.replace('</meta>', `${WHEN}</meta>`);
    expect(one(text, { timeZone: 0 })).toEqual({ ...whole, time });
    expect(one(text, { timeZone: 60 })).toEqual({ ...whole, time: '2026-11-21T05:41:07.000000000Z' });
    expect(one(text)).toHaveProperty(
      'time',
      `${new Date(2026, 10, 21, 6, 41, 7).toISOString().slice(0, -5)}.000000000Z`,
    );
    expect(one(XML)).not.toHaveProperty('time');
    const event = text.replace('<flow>', '<flow type="destroy">');
    expect(parseExpectationEventText(event, { timeZone: 0 })).toEqual([{ type: 'destroy', expectation: whole, time }]);
    expect(parseExpectationEventText(XML.replace('<flow>', '<flow type="new">'))).toStrictEqual([
      { type: 'new', expectation: whole },
    ]);
  });

  it.each<[string, string, string, string, string]>([
    ['<src>192.0.2.1</src>', '<src>192.0.2 1</src>', '<flow>', 'ADDRESS_EXPECTED', 'an address of one family'],
    ['<helper-name>ftp</helper-name>', '<helper-name>a b</helper-name>', 'none', '', 'a?b'],
    [' protonum="6"', '', '<flow>', 'PROTOCOL_EXPECTED', 'seconds (or -) and proto='],
    [
      '</meta>',
      `${WHEN.replace('41', '71')}</meta>`,
      '<when>',
      'ELEMENT_EXPECTED',
      'hour, min, sec, wday, day, month and year of a local time',
    ],
  ])('an expectation in XML with %s as %s is a fault of %s', (right, wrong, at, code, expected) => {
    const text = XML.replace(right, wrong);
    if (at === 'none') expect(one(text)).toHaveProperty('helper', expected);
    else expect(fault(text)).toEqual([code, text.indexOf(at) + 1, expected]);
  });

  it.each(['layer3', 'layer4', 'meta'])('an expectation in XML without %s is a fault, or has fewer fields', name => {
    const text = XML.replace(new RegExp(`<${name}.*</${name}>`), '');
    if (name === 'meta') expect(one(text)).toEqual((({ timeout: _, ...rest }) => rest)(EXPECTATION));
    else expect(fault(text)[0]).toBe(name === 'layer3' ? 'PAIR_EXPECTED' : 'PROTOCOL_EXPECTED');
  });
});

describe('JSON of an expectation', () => {
  it.each<[object, string]>([
    [{ tuple: undefined }, 'tuple'],
    [{ mask: { src: '::' } }, 'mask'],
    [{ mask: 5 }, 'mask'],
    [{ master: { ...ENDS, sport: -1 } }, 'master'],
    [{ class: -1 }, 'class'],
    [{ class: 'x' }, 'class'],
    [{ fn: 5 }, 'fn'],
    [{ flags: 'PERMANENT' }, 'flags'],
    [{ flags: [5] }, 'flags'],
    [{ helper: 5 }, 'helper'],
    [{ protocol: 'udp' }, 'protocol'],
  ])('an expectation in JSON with %j is a fault of its field', (change, field) => {
    const text = JSON.stringify({ ...EXPECTATION, ...change });
    const [code, column, expected] = fault(text);
    expect([code, expected]).toEqual(['FIELD_EXPECTED', `a valid '${field}'`]);
    expect(column).toBe(Math.max(0, text.indexOf(`"${field}"`)) + 1);
    expect(one(JSON.stringify(EXPECTATION))).toEqual(EXPECTATION);
  });

  it('an event of an expectation in JSON is read, and its fields are named if they are not an expectation’s', () => {
    const event = { type: 'new', expectation: EXPECTATION };
    expect(parseExpectationEventText(JSON.stringify(event))).toEqual([event]);
    expect(fault('{"type":"new","expectation":5}')).toEqual(['FIELD_EXPECTED', 1, "an object as 'expectation'"]);
    expect(fault('{"a":1}')).toEqual(['FIELD_EXPECTED', 1, 'the fields of a expectation, not a']);
  });
});

it('streams of expectations and of their events give the same as whole texts', async () => {
  const list: unknown[] = [];
  for await (const expectation of parseExpectations([LINE.slice(0, 40), `${LINE.slice(40)}\n`])) list.push(expectation);
  for await (const event of parseExpectationEvents([`    [NEW] ${LINE}`])) list.push(event);
  expect(list).toEqual([EXPECTATION, { type: 'new', expectation: EXPECTATION }]);
});

it('a text of another kind is refused as expectations', () => {
  expect(fault('cpu=0 found=1')[0]).toBe('FORMAT_UNKNOWN');
});
