import { type Flow, invertTuple } from '@conntrack/flow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFlow } from '../../../netlink/test/arbitraries.js';
import { ParseError, type ParseOptions, parse, parseText } from '../../src/all.js';
import { parseText as parseLines } from '../../src/index.js';
import { flowWriter } from '../../src/presets.js';

const original = { src: '192.0.2.1', dst: '198.51.100.1', sport: 1, dport: 2 };
const flow: Flow = {
  family: 'ipv4',
  protocol: 'udp',
  protonum: 17,
  original,
  reply: invertTuple(original, 17),
  status: ['CONFIRMED'],
  timeout: 9,
  mark: 0,
  use: 1,
};
const other: Flow = { ...flow, mark: 7, helper: 'a"]}[{,\\' };
const page = (items: readonly Flow[], next: string | null = null): object => ({
  items,
  next,
  meta: { scanned: 2, matched: 2, filter: 'all' },
});
const problem = (text: string, options?: ParseOptions): string => {
  try {
    parseText(text, options);
  } catch (error) {
    if (error instanceof ParseError) return error.message;
    throw error;
  }
  return 'none';
};

describe('JSON documents', () => {
  it.each([
    ['an array', JSON.stringify([flow, other])],
    ['an array over many lines', JSON.stringify([flow, other], null, 2)],
    ['an array behind a byte order mark', `\ufeff${JSON.stringify([flow, other])}`],
    ['two arrays', `[${JSON.stringify(flow)}]\n[${JSON.stringify(other)}]\n`],
    ['a page', JSON.stringify(page([flow, other]))],
    ['a page over many lines', JSON.stringify(page([flow, other]), null, 4)],
    ['two pages', JSON.stringify(page([flow], 'x')) + JSON.stringify(page([other]))],
    ['objects over many lines', `${JSON.stringify(flow, null, 2)}\n${JSON.stringify(other, null, 2)}\n`],
    [
      'lines, and the end of a stream',
      `${JSON.stringify(flow)}\n${JSON.stringify(other)}\n{"type":"end","matched":2}\n`,
    ],
  ])('the JSON document is read: %s', (_, text) => {
    expect(parseText(text)).toEqual([flow, other]);
    expect(() => parseLines(JSON.stringify([flow]))).toThrow('@conntrack/parser/all');
  });

  it.each([
    ['[]', '[]'],
    ['[\\n]', '[\n]\n'],
    ['a page', JSON.stringify(page([]))],
  ])('a document without flows is an empty table: %s', (_, text) => {
    expect(parseText(text)).toEqual([]);
  });

  it('the output of the preset `json` is read back, wherever it is cut', async () => {
    const { head, separator, tail, line } = flowWriter('json');
    const one = fc.tuple(fc.array(anyFlow, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 200 }));
    await fc.assert(
      fc.asyncProperty(one, async ([flows, size]) => {
        const text = head + flows.map(line).join(separator) + tail;
        expect(parseText(text)).toEqual(flows);
        const bytes = new TextEncoder().encode(text);
        const chunks = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
        const read = [];
        for await (const found of parse(chunks)) read.push(found);
        expect(read).toEqual(flows);
      }),
    );
  });

  it('a page of many flows on one line is read, however long the line is', () => {
    const flows = Array.from({ length: 3000 }, (_, i) => ({ ...flow, mark: i }));
    expect(parseText(JSON.stringify(page(flows)))).toEqual(flows);
    expect(problem(JSON.stringify([flow]), { maxLineLength: 50 })).toContain('at most 50 bytes');
  });

  it.each([
    ['a page that is not the last', JSON.stringify(page([flow], 'abc')), 'the last page of a list'],
    ['an array that is cut off', `[${JSON.stringify(flow)},`, 'it is truncated'],
    ['a record that is cut off', JSON.stringify([flow, other]).slice(0, -30), 'it is truncated'],
    ['a page that is cut off', JSON.stringify(page([flow])).slice(0, -3), 'it is truncated'],
    ['a comma too many', `[${JSON.stringify(flow)},,${JSON.stringify(flow)}]`, 'a JSON object'],
    ['no comma', `[${JSON.stringify(flow)}${JSON.stringify(flow)}]`, 'a JSON object'],
    ['a comma at the end', `[${JSON.stringify(flow)},]`, 'a JSON object'],
    ['a number among flows', `[${JSON.stringify(flow)},5]`, 'a JSON object'],
    [
      'a stream that the server broke off',
      `${JSON.stringify(flow)}\n{"type":"error","title":"The server failed"}`,
      'The server failed',
    ],
    ['an answer without flows', '{"scanned":5,"matched":5}', 'the fields of a flow, not scanned, matched'],
  ])('the JSON document is a fault: %s', (_, text, said) => {
    expect(problem(text)).toContain(said);
  });

  it('a truncated document and a list with further pages are faults of their own, with a hint', () => {
    const fault = (text: string): unknown => {
      try {
        return parseText(text);
      } catch (error) {
        const { code, line, column, expected, hint } = error as ParseError;
        return [code, line, column, expected, hint];
      }
    };
    expect(fault(`[${JSON.stringify(flow)}\n`)).toEqual([
      'JSON_EXPECTED',
      2,
      1,
      'the end of the JSON document (it is truncated)',
      undefined,
    ]);
    expect(fault(`${JSON.stringify(page([flow], 'x'))}\n`)).toEqual([
      'JSON_EXPECTED',
      1,
      1,
      'the last page of a list: this one has a next',
      'Use format=ndjson for the complete list',
    ]);
    expect(parseText(JSON.stringify({ ...page([flow]), next: 5 }))).toEqual([flow]);
    expect(parseText(`{"type":"bookmark","next":"x"}`, { format: 'json' })).toEqual([]);
  });

  it('a fault has the line where its record begins, and tolerant reading continues after it', () => {
    const text = `[\n${JSON.stringify(flow)},\n{"family":"ipv9"},\n${JSON.stringify(other)}\n]`;
    expect(problem(text)).toMatch(/^line 3, /);
    expect(parseText(text, { mode: 'tolerant' })).toEqual([flow, other]);
  });
});

describe('CSV', () => {
  it('a CSV with an older header, in any order and with carriage returns, is read', () => {
    const text =
      'key,family,proto,state,status,timeout,src,dst,sport,dport,orig.packets,orig.bytes,reply.src,reply.dst,reply.sport,reply.dport,reply.packets,reply.bytes,icmp.type,icmp.code,icmp.id,mark,zone,label,helper,use,id,start\r\n' +
      'ct1.AQAAAhHAAAJNxjNkTQABAALkIxUV,ipv4,udp,,CONFIRMED,57,192.0.2.77,198.51.100.77,1,2,0,0,198.51.100.77,192.0.2.77,2,1,0,0,,,,11,,,,1,3827504405,2026-11-29T18:59:34.397095385Z\r\n';
    expect(parseText(text)).toEqual([
      {
        key: 'ct1.AQAAAhHAAAJNxjNkTQABAALkIxUV',
        family: 'ipv4',
        protocol: 'udp',
        protonum: 17,
        original: { src: '192.0.2.77', dst: '198.51.100.77', sport: 1, dport: 2, packets: 0, bytes: 0 },
        reply: { src: '198.51.100.77', dst: '192.0.2.77', sport: 2, dport: 1, packets: 0, bytes: 0 },
        status: ['CONFIRMED'],
        timeout: 57,
        mark: 11,
        use: 1,
        id: 3827504405,
        start: '2026-11-29T18:59:34.397095385Z',
      },
    ]);
  });

  it.each([
    ['columns that make no flow', 'src,dport\n1.1.1.1,5', 'missing columns: family, proto, dst, reply.src, reply.dst'],
    [
      'a line with too few cells',
      'family,proto,src,dst,reply.src,reply.dst\nipv4,tcp,1.1.1.1',
      '6 cells; this line has 3',
    ],
    [
      'a cell that is not a number',
      'family,proto,src,dst,reply.src,reply.dst,mark\nipv4,tcp,1.1.1.1,2.2.2.2,2.2.2.2,1.1.1.1,x',
      "a valid 'mark'",
    ],
    ['a quote that is not closed', 'family,proto,src,dst,reply.src,reply.dst\n"ipv4,tcp', 'a cell of CSV'],
    [
      'a protocol that there is not',
      'family,proto,src,dst,reply.src,reply.dst\nipv4,xyz,1.1.1.1,2.2.2.2,2.2.2.2,1.1.1.1',
      "a valid 'protonum'",
    ],
  ])('the CSV is a fault: %s', (_, text, said) => {
    expect(problem(text)).toContain(said);
  });
});
