import { LabelMap } from '@conntrack/flow';
import { ParseError, type ParseOptions, parseEventText, parseLine, parseText } from '@conntrack/parser/all';
import { describe, expect, it } from 'vitest';

const layer3 = (src: string, dst: string, family = 'ipv4'): string =>
  `<layer3 protonum="${family === 'ipv4' ? 2 : 10}" protoname="${family}"><src>${src}</src><dst>${dst}</dst></layer3>`;
const layer4 = (protonum: number, name: string, inside = ''): string =>
  `<layer4 protonum="${protonum}" protoname="${name}">${inside}</layer4>`;
const meta = (direction: string, inside: string): string => `<meta direction="${direction}">${inside}</meta>`;
const PORTS = '<sport>1</sport><dport>2</dport>';

interface Parts {
  protocol?: [number, string, inside?: string];
  original?: string;
  reply?: string;
  rest?: string;
  behind?: string;
}
/** A flow as conntrack(8) prints it, with an addition to each part. */
const xml = ({ protocol: [protonum, name, inside = PORTS] = [6, 'tcp'], ...parts }: Parts = {}): string =>
  `<flow>${meta('original', layer3('1.1.1.1', '2.2.2.2') + layer4(protonum, name, inside) + (parts.original ?? ''))}` +
  `${meta('reply', layer3('2.2.2.2', '1.1.1.1') + layer4(protonum, name, inside) + (parts.reply ?? ''))}` +
  `${meta('independent', parts.rest ?? '')}${parts.behind ?? ''}</flow>`;
const ends = { src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 };
const back = { src: '2.2.2.2', dst: '1.1.1.1', sport: 1, dport: 2 };
const TCP = { family: 'ipv4', protocol: 'tcp', protonum: 6, original: ends, reply: back };

/** The place and code of the fault of a text. */
const fault = (text: string, options?: ParseOptions): [code: string, column: number, expected: string] => {
  try {
    parseText(text, options);
  } catch (error) {
    const { code, column, expected } = error as ParseError;
    expect(error).toBeInstanceOf(ParseError);
    return [code, column, expected];
  }
  throw new Error('it was read');
};
/** The column at which a piece of a text begins. */
const column = (text: string, piece: string): number => text.indexOf(piece) + 1;

describe('conntrack(8)’s XML', () => {
  it('conntrack(8)’s XML is read with every field of a flow', () => {
    const counters = '<counters><packets>3</packets><bytes>180</bytes></counters>';
    const text = xml({
      original: `<zone>4</zone>${counters}`,
      reply: '<zone>5</zone><counters><packets>0</packets><bytes>0</bytes></counters>',
      rest:
        '<state>ESTABLISHED</state><timeout>99</timeout><mark>7</mark><labels><label>web</label><label>x</label></labels>' +
        '<secmark>1</secmark><secctx>a&amp;b&lt;c&gt;&quot;&apos;</secctx><use>2</use><id>9</id><assured/>' +
        '<timestamp><start>1795234645123456789</start><stop>1795234646000000000</stop></timestamp><deltatime>3</deltatime>',
      behind: '<helper>ftp</helper>',
    });
    expect(parseLine(text, { labelMap: new LabelMap('0 web') })).toEqual({
      ...TCP,
      original: { ...ends, zone: 4, packets: 3, bytes: 180 },
      reply: { ...back, zone: 5, packets: 0, bytes: 0 },
      state: 'ESTABLISHED',
      status: ['SEEN_REPLY', 'ASSURED'],
      timeout: 99,
      mark: 7,
      labels: [0, 'x'],
      secmark: 1,
      secctx: 'a&b<c>"\'',
      use: 2,
      id: 9,
      key: expect.any(String),
      start: '2026-11-21T04:17:25.123456789Z',
      stop: '2026-11-21T04:17:26.000000000Z',
      deltaTime: 3,
      helper: 'ftp',
    });
  });

  it('a flow from XML has a key if its tuple is complete, which it is not for ICMP', () => {
    const rest = '<id>9</id>';
    expect(parseLine(xml({ rest }))).toHaveProperty('key');
    expect(parseLine(xml({ protocol: [50, 'esp', ''], rest }))).toHaveProperty('key');
    expect(parseLine(xml({ protocol: [1, 'icmp', '<type>8</type><code>0</code>'], rest }))).not.toHaveProperty('key');
    const six = `<flow>${meta('original', layer3('::1', '::2', 'ipv6') + layer4(58, 'icmpv6'))}${meta('reply', layer3('::2', '::1', 'ipv6') + layer4(58, 'icmpv6'))}${meta('independent', rest)}</flow>`;
    expect(parseLine(six)).toMatchObject({ family: 'ipv6', protocol: 'icmpv6', id: 9 });
    expect(parseLine(six)).not.toHaveProperty('key');
  });

  it.each([
    [132, 'sctp', 'SYN_RECV', '', 'COOKIE_WAIT'],
    [33, 'dccp', 'ESTABLISHED', '', 'PARTOPEN'],
    [132, 'sctp', 'NONE', '', 'NONE'],
    [33, 'dccp', 'REQUEST', '', 'REQUEST'],
    [132, 'sctp', 'ESTABLISHED', ' states="own"', 'ESTABLISHED'],
    [6, 'tcp', 'SYN_RECV', '', 'SYN_RECV'],
  ])('a flow of protocol %i (%s) in XML has the state %s%s, which is %s', (protonum, name, printed, mark, state) => {
    const text = xml({ protocol: [protonum, name], rest: `<state>${printed}</state>` });
    expect(parseLine(text.replace('"independent"', `"independent"${mark}`)).state).toBe(state);
  });

  it('times of events in XML are in the given zone', () => {
    const when = (hour: number, wday = 7): string =>
      `<when><hour>${hour}</hour><min>41</min><sec>07</sec><wday>${wday}</wday><day>21</day><month>11</month><year>2026</year></when>`;
    const event = (behind: string): string => xml({ behind }).replace('<flow>', '<flow type="update">');
    const read = (behind: string, options?: ParseOptions): unknown => parseEventText(event(behind), options)[0]?.time;
    expect(read(when(6), { timeZone: 0 })).toBe('2026-11-21T06:41:07.000000000Z');
    expect(read(when(6), { timeZone: 60 })).toBe('2026-11-21T05:41:07.000000000Z');
    expect(read(when(6))).toBe(`${new Date(2026, 10, 21, 6, 41, 7).toISOString().slice(0, -5)}.000000000Z`);
    expect(read('')).toBeUndefined();
    const wrong = event(when(6, 1));
    expect(fault(wrong)).toEqual([
      'ELEMENT_EXPECTED',
      column(wrong, '<when>'),
      'hour, min, sec, wday, day, month and year of a local time',
    ]);
  });

  it('an unknown XML element is kept in its place, with its content', () => {
    const newer = '<newer a="1"><b>2</b></newer>';
    const text = xml({ original: newer, rest: newer, behind: '<meta direction="sideways"><x/></meta><y/>' });
    expect(parseLine(text.replaceAll('><', '> <')).extra).toEqual([
      { text: newer.replaceAll('><', '> <'), after: 'original' },
      { text: newer.replaceAll('><', '> <'), after: 'independent' },
      { text: '<meta direction="sideways"> <x/> </meta>', after: 'flow' },
      { text: '<y/>', after: 'flow' },
    ]);
    expect(parseLine(xml())).not.toHaveProperty('extra');
    expect(parseLine(xml({ rest: '<meta><use>2</use></meta>' })).extra).toEqual([
      { text: '<meta><use>2</use></meta>', after: 'independent' },
    ]);
    expect(parseLine(xml({ rest: '<other direction="reply"/>' })).extra).toHaveLength(1);
  });

  it('the program of an event is read after its XML element', () => {
    expect(parseLine(`${xml()} [USERSPACE] portid=7 progname=conntrack`)).toMatchObject({
      portid: 7,
      progname: 'conntrack',
    });
  });

  it.each<[string, string, string, string, string]>([
    [
      'a protocol that changes',
      xml().replace(/(reply.*)protonum="6"/, '$1protonum="17"'),
      '<layer4 protonum="17"',
      'ELEMENT_EXPECTED',
      'protonum 6',
    ],
    [
      'a time that is none',
      xml({ rest: '<timestamp><start>x</start></timestamp>' }),
      '<timestamp>',
      'ELEMENT_EXPECTED',
      'start and stop in nanoseconds',
    ],
    [
      'a time of something else',
      xml({ rest: '<timestamp><end>5</end></timestamp>' }),
      '<timestamp>',
      'ELEMENT_EXPECTED',
      'start and stop in nanoseconds',
    ],
    [
      'a time beyond 64 bits',
      xml({ rest: '<timestamp><stop>18446744073709551616</stop></timestamp>' }),
      '<timestamp>',
      'ELEMENT_EXPECTED',
      'start and stop in nanoseconds',
    ],
    [
      'a value with a space',
      xml({ rest: '<mark>1 2</mark>' }),
      '<mark>',
      'NUMBER_EXPECTED',
      'a value without spaces and brackets',
    ],
    ['an address of the other family', xml().replace('2.2.2.2', '::1'), '<dst>', 'ADDRESS_EXPECTED', 'an IPv4 address'],
    ['a tag that is not closed', xml({ rest: '<mark>1</use>' }), '</use>', 'ELEMENT_EXPECTED', '</mark>'],
    ['a tag that is none', xml({ rest: '<mark =>1</mark>' }), '<mark =', 'ELEMENT_EXPECTED', 'a tag'],
    ['an end too few', xml({ behind: '<flow>' }), 'end', 'ELEMENT_EXPECTED', '</flow>'],
  ])('XML with %s is a fault at its own place', (_name, text, piece, code, expected) => {
    const [seen, at, what] = fault(text);
    expect([seen, what]).toEqual([code, expected]);
    expect(at).toBe(piece === 'end' ? text.length + 1 : column(text, piece));
  });

  it('XML has at most maxPairs elements, and at most 16 levels', () => {
    const count = xml().match(/<[a-z]/g)!.length;
    expect(parseText(xml(), { maxPairs: count })).toHaveLength(1);
    expect(fault(xml(), { maxPairs: count - 1 })).toEqual([
      'TOO_MANY_PAIRS',
      column(xml(), '<meta direction="independent"'),
      `at most ${count - 1} elements`,
    ]);
    const nested = (depth: number): string => xml({ behind: '<a>'.repeat(depth) + '</a>'.repeat(depth) });
    expect(parseText(nested(15))).toHaveLength(1);
    const [code, at, expected] = fault(nested(16));
    expect([code, expected]).toEqual(['ELEMENT_EXPECTED', 'at most 16 nested elements']);
    expect(at).toBe(column(nested(16), '</a>') - 3);
  });
});
