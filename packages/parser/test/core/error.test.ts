import { LabelMap } from '@conntrack/flow';
import { describe, expect, it } from 'vitest';
import { ParseError, type ParseErrorCode, type ParseOptions, parseLine, parseText } from '../../src/all.js';
import { parseText as parseLines } from '../../src/index.js';

const tuple = 'src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2';

function errorOf(text: string, options: ParseOptions = {}): ParseError {
  try {
    parseText(text, options);
  } catch (error) {
    if (error instanceof ParseError) return error;
    throw error;
  }
  throw new Error(`no error for ${text}`);
}

const BAD: [ParseErrorCode, string, number, ParseOptions?][] = [
  ['FORMAT_UNKNOWN', 'hello world', 1],
  ['LINE_TOO_LONG', `tcp 6 ${tuple} ${tuple}`, 21, { maxLineLength: 20 }],
  ['TOO_MANY_PAIRS', `tcp 6 ${tuple} ${tuple}`, 31, { maxPairs: 2, format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `tcp 256 ${tuple} ${tuple}`, 5, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `ipv4 10 tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `ipv5     2 tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `ipv] ipv4     2 tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `ipv4 x tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `gw1 6 tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `inet     2 tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['PROTOCOL_EXPECTED', `udp 6 ${tuple} ${tuple}`, 1],
  ['PROTOCOL_EXPECTED', `6 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['STATE_EXPECTED', `tcp 6 9 NOSTATE ${tuple} ${tuple}`, 9],
  ['STATE_EXPECTED', `tcp 6 9 3 ${tuple} ${tuple}`, 9],
  ['STATE_EXPECTED', `udp 17 9 ESTABLISHED ${tuple} ${tuple}`, 10],
  ['PAIR_EXPECTED', `tcp 6 -12 TIME_WAIT ${tuple} ${tuple}`, 7],
  ['PAIR_EXPECTED', `tcp 6 12 established ${tuple} ${tuple}`, 10],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} ${tuple} ${tuple}`, 87],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} sport=1 ${tuple}`, 47],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} zone-reply=1 ${tuple}`, 47],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} ${tuple} zone-orig=1`, 87],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} ${tuple} mark=1 mark=1`, 94],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} ${tuple} helper=a helper=b`, 96],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} ${tuple} word`, 87],
  ['PAIR_EXPECTED', `tcp 6 ${tuple} ${tuple} [word]`, 87],
  ['PAIR_EXPECTED', 'tcp 6 src=1.1.1.1 src=2.2.2.2', 19, { format: 'conntrack' }],
  ['PAIR_EXPECTED', 'tcp 6 dst=1.1.1.1 src=2.2.2.2', 7, { format: 'conntrack' }],
  ['PAIR_EXPECTED', 'tcp 6 sport=1 src=2.2.2.2', 7, { format: 'conntrack' }],
  ['NUMBER_EXPECTED', `tcp 6 ${tuple} ${tuple} use=0x1`, 91],
  ['NUMBER_EXPECTED', `tcp 6 ${tuple} ${tuple} mark=0x100000000`, 92],
  ['NUMBER_EXPECTED', 'tcp 6 src=1.1.1.1 dst=2.2.2.2 sport=65536', 37],
  ['NUMBER_EXPECTED', 'tcp 6 src=1.1.1.1 dst=2.2.2.2 sport=01', 37],
  ['ADDRESS_EXPECTED', 'tcp 6 src=1.1.1.256', 11],
  ['ADDRESS_EXPECTED', 'ipv6     10 tcp 6 src=1.1.1.1', 23],
  ['ADDRESS_EXPECTED', 'tcp 6 src=1.1.1.1 dst=::1', 23],
  ['TUPLE_EXPECTED', `tcp 6 ${tuple}`, 46],
  ['TAG_EXPECTED', ` [OLD] tcp 6 ${tuple} ${tuple}`, 1, { format: 'conntrack' }],
  ['OPTION_EXPECTED', '-A -t 1 --nonsense 5', 9],
  ['ELEMENT_EXPECTED', '<flow><meta></flow>', 13],
  ['JSON_EXPECTED', '{"family": }', 1],
  ['FIELD_EXPECTED', '{"family":"ipv4","protonum":"6"}', 18],
];

const CODES: Record<ParseErrorCode, true> = {
  FORMAT_UNKNOWN: true,
  LINE_TOO_LONG: true,
  TOO_MANY_PAIRS: true,
  PROTOCOL_EXPECTED: true,
  STATE_EXPECTED: true,
  PAIR_EXPECTED: true,
  NUMBER_EXPECTED: true,
  ADDRESS_EXPECTED: true,
  TUPLE_EXPECTED: true,
  TAG_EXPECTED: true,
  ENTRY_EXPECTED: true,
  NOTHING_READ: true,
  OPTION_EXPECTED: true,
  ELEMENT_EXPECTED: true,
  JSON_EXPECTED: true,
  FIELD_EXPECTED: true,
};

describe('ParseError', () => {
  it.each(BAD)('%s: %s', (code, text, column, options) => {
    const error = errorOf(`\n${text}\n`, options);
    expect([error.code, error.line, error.column]).toEqual([code, 2, column]);
    expect(error.expected).not.toBe('');
    expect(text.startsWith(error.text)).toBe(true);
  });

  it('the line parser’s error for XML names the entry point that reads it', () => {
    const xml = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n</conntrack>';
    expect(parseText(xml)).toEqual([]);
    expect(() => parseLines(xml)).toThrow('@conntrack/parser/all reads -o save, XML');
    expect(() => parseLines('x', { format: 'xml' })).toThrow('@conntrack/parser/all reads -o save, XML');
  });

  it('the tests show every error code except those of captures', () => {
    const ofCaptures: ParseErrorCode[] = ['ENTRY_EXPECTED', 'NOTHING_READ'];
    expect([...new Set([...BAD.map(([code]) => code), ...ofCaptures])].sort()).toEqual(Object.keys(CODES).sort());
  });

  it('an error shows the line with a caret, and only an excerpt of a long line', () => {
    const error = errorOf('tcp 6 src=1.1.1.1 dst=2.2.2.2 sport=x');
    expect(error.snippet).toBe(`tcp 6 src=1.1.1.1 dst=2.2.2.2 sport=x\n${' '.repeat(36)}^`);
    expect(error.message).toBe('line 1, column 37: expected a number, 0 to 65535');
    const long = errorOf(`tcp 6 src=1.1.1.1 dst=2.2.2.2 x=${'x'.repeat(500)} sport=y`);
    const [line, caret] = long.snippet.split('\n');
    expect(line).toHaveLength(160);
    expect(line?.[caret!.indexOf('^')]).toBe('y');
  });

  it('an error’s column counts characters, not bytes', () => {
    expect(errorOf('tcp 6 src=1.1.1.1 dst=2.2.2.2 x=\u00e9\u00e9 sport=x').column).toBe(42);
  });

  it('the error for a line that is too long says the limit, wherever the text was cut', () => {
    const error = errorOf(`\u00e9${'x'.repeat(7)}\rxx`, { maxLineLength: 10 });
    expect([error.column, error.expected]).toEqual([10, 'at most 10 bytes']);
  });

  it('an error shows no control characters, and keeps the caret in its column', () => {
    const error = errorOf(`tcp 6 \x1b]0;owned\x07 \u202e \t\x9b ${tuple} ${tuple} x`, { format: 'conntrack' });
    expect(error.snippet.split('\n')[0]).toBe(`tcp 6 \u241b]0;owned\u2407 \ufffd  \ufffd ${tuple} ${tuple} x`);
    expect(error.column).toBe(7);
  });

  it('a line without a flow is an error of parseLine', () => {
    expect(() => parseLine('')).toThrow(ParseError);
    expect(() => parseLine('<conntrack>')).toThrow(ParseError);
  });
});

describe('what is passed over', () => {
  it.each(['conntrack v1.4.7 (conntrack-tools): 15 flow entries have been shown.', '', '   ', '\r'])(
    '%j between lines is skipped',
    line => {
      const good = `tcp      6 ${tuple} ${tuple}`;
      expect(parseText(`${line}\n${good}\n${line}\n${good}`)).toHaveLength(2);
    },
  );

  it('end marks and bookmarks of NDJSON are skipped', () => {
    expect(parseText('{"type":"end","scanned":3,"matched":1}\n')).toEqual([]);
  });
});

describe('labels', () => {
  it('labels become numbers if a map knows their names', () => {
    const line = `tcp      6 ${tuple} ${tuple} use=1 labels=one,other`;
    expect(parseLine(line).labels).toEqual(['one', 'other']);
    expect(parseLine(line, { labelMap: new LabelMap('1 one') }).labels).toEqual([1, 'other']);
  });
});
