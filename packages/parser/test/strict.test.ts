import type { Flow } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { parse, parseBatches, parseEventText, parseText } from '../src/all.js';
import { parseExpectationText } from '../src/expectations.js';
import { formatFlow } from '../src/format.js';
import { parseText as parseLines } from '../src/index.js';
import { parseCount, parseStats } from '../src/stats.js';
import { corpusFiles } from './corpus.js';

const MARK = '\ufeff';
const file = new Map([...corpusFiles('recorded'), ...corpusFiles('kept')]);
const tuple = 'src=192.0.2.1 dst=192.0.2.2 sport=1 dport=2';
const line = `tcp      6 9 CLOSE ${tuple} src=192.0.2.2 dst=192.0.2.1 sport=2 dport=1 mark=0 use=1`;
const [flow] = parseText(line) as [Flow];

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const record of records) list.push(record);
  return list;
}

describe('a byte order mark', () => {
  it.each([
    'counted-proc.txt',
    'counted-L-save.txt',
    'counted-L-xml.xml',
    'events-E-timestamp.txt',
    'linux-2.4-ip_conntrack.txt',
  ])('a byte order mark in front of %s changes nothing, as text, as bytes or in chunks', async name => {
    const text = file.get(name)!;
    const flows = parseText(text);
    expect(parseText(MARK + text)).toEqual(flows);
    const bytes = new TextEncoder().encode(MARK + text);
    expect(parseText(bytes)).toEqual(flows);
    expect(
      await all(parse([...bytes.subarray(0, 9)].map(byte => Uint8Array.of(byte)).concat(bytes.subarray(9)))),
    ).toEqual(flows);
  });

  it('a byte order mark is skipped before NDJSON, events, expectations and statistics, and between joined texts', () => {
    const json = JSON.stringify(flow);
    expect(parseText(`${MARK}${json}\n${MARK}${json}`)).toEqual([flow, flow]);
    expect(parseEventText(`${MARK}    [NEW] ${line}`)).toHaveLength(1);
    const expectations = file.get('expectations-L.txt')!;
    expect(parseExpectationText(MARK + expectations)).toEqual(parseExpectationText(expectations));
    const stats = file.get('stats-S.txt')!;
    expect(parseStats(MARK + stats)).toEqual(parseStats(stats));
    expect(parseCount(`${MARK}42\n`)).toBe(42);
  });
});

describe('JSON', () => {
  const changed = (change: object): string => JSON.stringify({ ...flow, ...change });

  it.each([
    ['protocol', { protocol: 'udp' }],
    ['protocol', { protocol: 'tpc' }],
    ['state', { state: 'NOSTATE' }],
    ['state', { protonum: 17, protocol: 'udp' }],
    ['status', { status: ['ASURED'] }],
    ['original', { original: { src: 'gw1', dst: '192.0.2.2' } }],
    ['original', { original: { src: '::1', dst: '::2' } }],
    ['reply', { reply: { ...flow.reply, dport: 65536 } }],
    ['mark', { mark: 2 ** 32 }],
    ['start', { start: 'yesterday' }],
    ['labels', { labels: [128] }],
    ['timeout', { timeout: -12 }],
  ])('JSON with a wrong %s is a fault that names it: %j', (name, change) => {
    expect(() => parseText(changed(change))).toThrow(`a valid '${name}'`);
  });

  it('JSON keeps a state without a name as its number', () => {
    expect(parseText(changed({ state: '11' }))).toEqual([{ ...flow, state: '11' }]);
  });
});

describe('expectations', () => {
  const expectation =
    '300 proto=6 src=192.0.2.1 dst=192.0.2.2 sport=0 dport=1029 mask-src=255.255.255.255 mask-dst=255.255.255.255 sport=0 dport=65535 master-src=192.0.2.1 master-dst=192.0.2.2 sport=1 dport=21';

  it.each([
    ['word', `${expectation} word`],
    ['a third tuple', `${expectation} src=192.0.2.1 dst=192.0.2.2`],
    ['an option twice', `${expectation} class=0 class=1`],
    ['a port twice', `${expectation} dport=1`],
    ['a helper twice', `${expectation} helper=ftp helper=sip`],
    ['an unknown flag', `${expectation} PERMANENT,STRANGE`],
  ])('expectations with %s are a fault', (_name, text) => {
    expect(parseExpectationText(expectation)).toHaveLength(1);
    expect(() => parseExpectationText(text)).toThrow(expect.objectContaining({ code: 'PAIR_EXPECTED' }));
  });

  it('expectations of Linux 2.4 are read from among its flows', () => {
    const text = 'EXPECTING: 299 use=1 proto=6 src=192.0.2.1 dst=198.51.100.1 sport=0 dport=1029';
    expect(parseText(`${line}\n${text}\n`)).toEqual([flow]);
    expect(parseExpectationText(text)).toEqual([
      {
        family: 'ipv4',
        protocol: 'tcp',
        protonum: 6,
        tuple: { src: '192.0.2.1', dst: '198.51.100.1', sport: 0, dport: 1029 },
        timeout: 299,
        extra: [{ text: 'use=1', after: 'timeout' }],
      },
    ]);
  });
});

describe('XML', () => {
  const element = formatFlow(flow, { format: 'xml' });
  const pretty = (text: string): string => text.replaceAll('><', '>\n    <');

  it('XML is read on one line, in several documents, indented and with comments', () => {
    const flows = parseText(element);
    expect(flows).toHaveLength(1);
    const document = `<?xml version="1.0" encoding="utf-8"?><conntrack>${element}${element}</conntrack>`;
    expect(parseText(document + document)).toHaveLength(4);
    expect(parseText(pretty(document))).toEqual([...flows, ...flows]);
    expect(
      parseText(`<!-- <flow> of\ngw --><conntrack><!--1-->${element.replace('<meta', '<!-- </flow> --><meta')}`),
    ).toEqual(flows);
  });

  it('faults of XML have their places, and reading continues after them', () => {
    const wrong = element.replace('192.0.2.1', '192.0.2.x');
    const errors: [number, number, string][] = [];
    const read = (text: string): number =>
      parseText(text, {
        mode: 'tolerant',
        onBadLine: ({ line: at, column, text: shown }) =>
          errors.push([at, column, shown.slice(column - 1, column + 4)]),
      }).length;
    expect(read(`<conntrack>${element}${wrong}${element}</conntrack>`)).toBe(2);
    expect(read(`<conntrack>\n${pretty(wrong)}\n${element}\n</conntrack>`)).toBe(1);
    const lines = pretty(wrong).split('\n');
    const at = lines.findIndex(one => one.includes('192.0.2.x'));
    expect(errors).toEqual([
      [1, 12 + element.length + wrong.indexOf('<src>'), '<src>'],
      [2 + at, 5, '<src>'],
    ]);
  });

  it('an XML element that is not closed is a fault of the line where it begins', () => {
    expect(() => parseText(`<conntrack>\n<flow>\n<meta>\n`)).toThrow('line 2, column 1: expected </flow>');
    expect(() => parseText(`<conntrack>\n<!-- a\n`)).toThrow('expected -->');
  });
});

describe('input of a wrong type', () => {
  it('input of a wrong type is never read as empty: a text or a buffer is a stream of one chunk', async () => {
    expect(await all(parse(line))).toEqual([flow]);
    expect(await all(parse(Buffer.from(line)))).toEqual([flow]);
    expect((await all(parseBatches(new TextEncoder().encode(line)))).flat()).toEqual([flow]);
  });

  it.each([1, null, undefined, {}, [1], [{}], [null], new Uint16Array(4), [new ArrayBuffer(8)]])(
    '%j is refused as a stream',
    async value => {
      await expect(all(parse(value as never))).rejects.toThrow(TypeError);
    },
  );

  it.each([1, null, undefined, {}, [line], new ArrayBuffer(8), new Uint16Array(4)])(
    '%j is refused as a text',
    value => {
      expect(() => parseText(value as never)).toThrow(TypeError);
      expect(() => parseLines(value as never)).toThrow(TypeError);
      expect(() => parseExpectationText(value as never)).toThrow(TypeError);
    },
  );
});

describe('an option that is none', () => {
  it.each([
    [{ mdoe: 'tolerant' }, "parse: unknown key 'mdoe'. Did you mean 'mode'?"],
    [{ mode: 'lax' }, "parse: mode must be 'strict' or 'tolerant', got 'lax'"],
    [{ xmlStates: 'own' }, "unknown key 'xmlStates'"],
    [{ constructor: 1 }, "unknown key 'constructor'"],
  ])('%j is refused as an option by every reader', (options, message) => {
    for (const read of [parseText, parseLines, parseEventText, parseExpectationText])
      expect(() => read(line, options as never)).toThrow(message);
    expect(() => parse([line], options as never)).toThrow(message);
  });
});
