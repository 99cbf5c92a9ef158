import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../src/core/bytes.js';
import { JsonSplitter } from '../../src/ndjson/document-splitter.js';

type Record = [text: string, line: number, tooLong: boolean];

/** The records of a text that arrives in pieces of a given size. */
function recordsOf(text: string, size = text.length + 1, maxLength = 1000): Record[] {
  const records: Record[] = [];
  const splitter = new JsonSplitter(
    (bytes, start, end, tooLong, line) => void records.push([decode(bytes, start, end), line!, tooLong]),
    maxLength,
  );
  const bytes = encode(text);
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.slice(at, at + size));
  splitter.end();
  return records;
}
const CUT = '{"type":"cut"}';

describe('JSON in records', () => {
  it.each<[text: string, records: Record[]]>([
    [
      '[{"a":1},{"b":2}]',
      [
        ['{"a":1}', 1, false],
        ['{"b":2}', 1, false],
      ],
    ],
    [
      '[\n{"a":\n1}\t,\r\n {"b":2}\n]\n',
      [
        ['{"a":\n1}', 2, false],
        ['{"b":2}', 4, false],
      ],
    ],
    [
      '{"a":[1,{"x":[]}]}\n{"b":"]}\\"{["}',
      [
        ['{"a":[1,{"x":[]}]}', 1, false],
        ['{"b":"]}\\"{["}', 2, false],
      ],
    ],
    [
      '{"a":"\\\\"}{"b":2}',
      [
        ['{"a":"\\\\"}', 1, false],
        ['{"b":2}', 1, false],
      ],
    ],
    [
      '{ "items" : [ {"a":1} , {"b":2} ] , "next":"x"}\n{"items":[]}',
      [
        ['{"a":1}', 1, false],
        ['{"b":2}', 1, false],
        ['{"type":"page" , "next":"x"}', 1, false],
        ['{"type":"page"}', 2, false],
      ],
    ],
    ['{"itemz":[{"a":1}]}', [['{"itemz":[{"a":1}]}', 1, false]]],
    ['{"a":{"items":[{"b":1}]}}', [['{"a":{"items":[{"b":1}]}}', 1, false]]],
    ['[{"items":[{"b":1}]}]', [['{"items":[{"b":1}]}', 1, false]]],
    ['[]', []],
    [' \n\t\r', []],
    [
      '[{"a":1}\n',
      [
        ['{"a":1}', 1, false],
        [CUT, 2, false],
      ],
    ],
    ['{"a":1', [[CUT, 1, false]]],
    [
      '[{"a":1}{"b":2},{"c":3}]',
      [
        ['{"a":1}', 1, false],
        ['{', 1, false],
        ['{"c":3}', 1, false],
      ],
    ],
    [
      '[{"a":1},]',
      [
        ['{"a":1}', 1, false],
        [']', 1, false],
        [CUT, 1, false],
      ],
    ],
    [
      '[,{"a":1}]',
      [
        [',', 1, false],
        ['{"a":1}', 1, false],
      ],
    ],
    [
      '[5 6,{"a":1}]',
      [
        ['5', 1, false],
        ['{"a":1}', 1, false],
      ],
    ],
    [
      'x\n[[{"a":1}]]',
      [
        ['x', 1, false],
        ['[', 2, false],
        ['{"a":1}', 2, false],
        [']', 2, false],
      ],
    ],
    [
      ']{"a":1},{"b":2}',
      [
        [']', 1, false],
        ['{"a":1}', 1, false],
        [',', 1, false],
        ['{"b":2}', 1, false],
      ],
    ],
    [
      '[{"a":1} x {"b":2}]',
      [
        ['{"a":1}', 1, false],
        ['x', 1, false],
        ['{"b":2}', 1, false],
      ],
    ],
    ['{"items":{"a":1}}', [['{"items":{"a":1}}', 1, false]]],
    ['{"items":5,"x":[{"b":1}]}', [['{"items":5,"x":[{"b":1}]}', 1, false]]],
  ])('%j is split into its records', (text, records) => {
    expect(recordsOf(text)).toEqual(records);
    for (const size of [1, 2, 3, 7]) expect([size, recordsOf(text, size)]).toEqual([size, records]);
  });

  it('a page of the API is recognized by its first 64 bytes', () => {
    const page = (spaces: number): string => `{"items":${' '.repeat(spaces)}[{"a":1}]}`;
    for (const size of [1, 5, 200]) {
      expect(recordsOf(page(55), size)).toEqual([
        ['{"a":1}', 1, false],
        ['{"type":"page"}', 1, false],
      ]);
      expect(recordsOf(page(56), size)).toEqual([[page(56), 1, false]]);
    }
  });

  it('a JSON record is limited in bytes, and marked if it is longer', () => {
    const text = '[{"a":"12345"},{"b":1}]';
    for (const size of [1, 4, 9, 100]) {
      expect(recordsOf(text, size, 13)).toEqual([
        ['{"a":"12345"}', 1, false],
        ['{"b":1}', 1, false],
      ]);
      expect(recordsOf(text, size, 12)).toEqual([
        ['{"a":"12345"', 1, true],
        ['{"b":1}', 1, false],
      ]);
    }
    const long = `{"a":"${'x'.repeat(20_000)}"}`;
    for (const size of [1000, 5000, 30_000]) {
      expect(recordsOf(`[${long}]`, size, 30_000)).toEqual([[long, 1, false]]);
      expect(recordsOf(`[${long},${long}]`, size, 6000)).toEqual([
        [long.slice(0, 6000), 1, true],
        [long.slice(0, 6000), 1, true],
      ]);
    }
  });
});
