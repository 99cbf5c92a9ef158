import { expect, test } from 'vitest';
import {
  COLUMNS,
  columnValue,
  type Flow,
  findColumn,
  printable,
  printableJson,
  setAt,
  valueAt,
} from '../../src/index.js';

const flow: Flow = {
  family: 'ipv4',
  protocol: 'sctp',
  protonum: 132,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2, packets: 3 },
  reply: { src: '192.0.2.2', dst: '192.0.2.1', sport: 2, dport: 1, packets: 4, zone: 5 },
  protoinfo: { vtag: { reply: 6 } },
};

test('a column is found by its name and by its place, and has the value that stands there', () => {
  const values = (name: string): unknown => columnValue(flow, findColumn(name)!);
  expect(values('sport')).toBe(1);
  expect(values('original.sport')).toBe(1);
  expect(values('reply.zone')).toBe(5);
  expect(values('reply.sctp.vtag')).toBe(6);
  expect(values('orig.sctp.vtag')).toBeUndefined();
  expect(values('dccp.role')).toBeUndefined();
  expect(values('packets')).toBe(7);
  expect(values('bytes')).toBeUndefined();
  expect(findColumn('constructor')).toBeUndefined();
});

test('every column has a name of its own, and what is set at a place stands there', () => {
  expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length);
  for (const { places } of COLUMNS)
    for (const place of places) {
      const built = {};
      setAt(built, place, 7);
      expect(valueAt(built as Flow, place)).toBe(7);
    }
});

test('control characters are escaped in text and in JSON, and JSON keeps their value', () => {
  const hostile = 'a\u001b]0;owned\u0007\u007f\u009b31m\u202eb\nc\tü€';
  expect(printable(hostile)).toBe('a\\x1b]0;owned\\x07\\x7f\\x9b31m\\u202eb\\x0ac\\x09ü€');
  expect(printable('plain ü € 日本')).toBe('plain ü € 日本');
  const json = printableJson({ helper: hostile });
  expect(json).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(JSON.parse(json)).toEqual({ helper: hostile });
});
