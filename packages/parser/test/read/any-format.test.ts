import { type ParseError, type ParseOptions, parseText } from '@conntrack/parser/all';
import { describe, expect, it } from 'vitest';
import { encode } from '../../src/core/bytes.js';
import { readNumber } from '../../src/core/string-reader.js';
import { TRAILER } from '../../src/core/trailer.js';

const LINE =
  'tcp      6 99 CLOSE src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1';
const flow = parseText(LINE)[0]!;
const JSON_FLOW = JSON.stringify(flow);
const codeOf = (text: string | Uint8Array, options?: ParseOptions): string => {
  try {
    parseText(text, options);
  } catch (error) {
    return (error as ParseError).code;
  }
  return 'none';
};

describe('a JSON document', () => {
  it.each([
    `[${JSON_FLOW}]`,
    ` \n\t[ \n ${JSON_FLOW} ]`,
    `[\n${JSON_FLOW}\n]`,
    `{"items":[${JSON_FLOW}]}`,
    `  { "items" : [ ${JSON_FLOW} ] }`,
    `{\n"items"\n:\n[${JSON_FLOW}]}`,
    `{ \t\n${JSON_FLOW.slice(1)}`,
    `{\n${JSON_FLOW.slice(1)}`,
    `${' '.repeat(59)}[${JSON_FLOW}]`,
  ])('a JSON document is recognized by its beginning: %j', text => {
    expect(parseText(text)).toEqual([flow]);
    expect(parseText(`\ufeff${text}`)).toEqual([flow]);
  });

  it.each([`x[${JSON_FLOW}]`, `x {"items":[${JSON_FLOW}]}`, `${' '.repeat(63)}[${JSON_FLOW}]`, '[5]', '[NEW] x'])(
    '%j is not recognized as a JSON document',
    text => {
      expect(codeOf(text)).toBe('FORMAT_UNKNOWN');
    },
  );

  it('a JSON document may have a byte order mark in front, and no other bytes', () => {
    const text = encode(`[${JSON_FLOW}]`);
    const behind = (...bytes: number[]): Uint8Array => Uint8Array.from([...bytes, ...text]);
    expect(parseText(behind(0xef, 0xbb, 0xbf), { format: 'json' })).toEqual([flow]);
    for (const bytes of [
      [0x61, 0xbb, 0xbf],
      [0xef, 0x61, 0xbf],
      [0xef, 0xbb, 0x61],
      [0x61, 0x62, 0x63],
    ])
      expect(codeOf(behind(...bytes), { format: 'json' })).toBe('JSON_EXPECTED');
    expect(codeOf(behind(0x61, 0x62, 0x63), { format: 'ndjson' })).toBe('JSON_EXPECTED');
  });
});

it('only whole lines of conntrack(8)’s messages and of Linux 2.4’s expectations are skipped', () => {
  for (const text of [
    'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.',
    'EXPECTING: 299 use=12 proto=17 src=1.1.1.1',
    'EXPECTING: - use=1 proto=6 src=1.1.1.1',
  ]) {
    expect(TRAILER.test(text)).toBe(true);
    expect(parseText(`${LINE}\n${text}\n${LINE}`)).toEqual([flow, flow]);
    expect(codeOf(`${LINE}\nx ${text}`)).not.toBe('none');
  }
  for (const text of ['conntrack v1.4.7', 'conntrack v (conntrack-tools): 1', 'EXPECTING: x use=1 proto=6 '])
    expect(codeOf(`${LINE}\n${text}`)).not.toBe('none');
});

it('numbers in line formats have the notation of printf', () => {
  expect(['0', '5', '4294967295', '9007199254740991'].map(text => readNumber(text, 2 ** 53))).toEqual([
    0,
    5,
    4294967295,
    2 ** 53 - 1,
  ]);
  for (const text of ['', '05', ' 5', '5 ', 'x5', '5x', '-5', '0x5', '1e3', '12345678901234567', undefined])
    expect(readNumber(text, 2 ** 60)).toBe(-1);
  expect([readNumber('6', 5), readNumber('5', 5)]).toEqual([-1, 5]);
});
