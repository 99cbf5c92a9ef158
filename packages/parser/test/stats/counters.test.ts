import type { ParseError } from '@conntrack/parser';
import {
  formatCount,
  formatProcStats,
  formatStats,
  parseCount,
  parseProcStats,
  parseStats,
} from '@conntrack/parser/stats';
import { describe, expect, it } from 'vitest';

const fault = (read: () => unknown): [code: string, line: number, column: number, expected: string, text: string] => {
  try {
    read();
  } catch (error) {
    const { code, line, column, expected, text } = error as ParseError;
    return [code, line, column, expected, text];
  }
  throw new Error('it was read');
};

describe('conntrack -S', () => {
  it('the output of conntrack -S is read and written back line by line', () => {
    const rows = [
      { cpu: 0, counters: { found: 1, invalid: 87 } },
      { cpu: 12, counters: { found: 123456789012345, x_y: 0 } },
    ];
    const text = 'cpu=0   \tfound=1 invalid=87 \ncpu=12  \tfound=123456789012345 x_y=0 \n';
    expect(parseStats(text)).toEqual(rows);
    expect(formatStats(rows)).toBe(text);
    expect(formatStats(rows, { compact: true })).toBe(text.replaceAll(' \n', '\n'));
    expect(parseStats('\ufeffcpu=0 found=1\r\n\r\n\ncpu=12\tfound=2\r\n')).toEqual([
      { cpu: 0, counters: { found: 1 } },
      { cpu: 12, counters: { found: 2 } },
    ]);
    expect(parseStats('')).toEqual([]);
    expect(parseStats('cpu=1 a=1  b=2')).toEqual([{ cpu: 1, counters: { a: 1, b: 2 } }]);
  });

  it.each<[string, number, number, string]>([
    ['cpu=0\tfound=1\n\nxcpu=1\tfound=2', 3, 1, 'cpu='],
    ['nonsense', 1, 1, 'cpu='],
    ['cpu=0\tfound=x', 1, 7, 'a counter and its value'],
    ['cpu=0 \tfound=1 invalid', 1, 16, 'a counter and its value'],
    ['cpu=0\ta=1  b c=2', 1, 12, 'a counter and its value'],
    ['cpu=0\t!a=1', 1, 7, 'a counter and its value'],
    ['cpu=0\ta=1;', 1, 7, 'a counter and its value'],
    ['cpu=0\ta=1234567890123456', 1, 7, 'a counter and its value'],
    ['cpu=0\ta\rb=1', 1, 7, 'a counter and its value'],
    ['cpu=0\t\ufeffa=1', 1, 7, 'a counter and its value'],
  ])('%j is a fault in conntrack -S', (text, line, column, expected) => {
    expect(fault(() => parseStats(text))).toEqual([
      'NUMBER_EXPECTED',
      line,
      column,
      expected,
      text.split('\n')[line - 1],
    ]);
  });

  it('the error for an unknown option names the call', () => {
    expect(() => formatStats([], { compat: true } as never)).toThrow("formatStats: unknown key 'compat'");
  });
});

describe('/proc/net/stat/nf_conntrack', () => {
  it('/proc/net/stat/nf_conntrack is read and written back column by column', () => {
    const rows = [
      { cpu: 0, counters: { entries: 0x105, searched: 0, expect_new: 0xffffffff } },
      { cpu: 1, counters: { entries: 0x105, searched: 1, expect_new: 2 } },
    ];
    const text = 'entries  searched  expect_new\n00000105  00000000  ffffffff\n00000105  00000001  00000002\n';
    expect(parseProcStats(text)).toEqual(rows);
    expect(formatProcStats(rows)).toBe(text);
    expect(parseProcStats(`  ${text.replaceAll('\n', ' \r\n')}`)).toEqual(rows);
    expect(parseProcStats('entries\n')).toEqual([]);
    expect(formatProcStats([])).toBe('\n\n'.slice(1));
  });

  it.each<[string, number, number, string]>([
    ['', 1, 1, 'a heading that begins with entries'],
    ['searched entries\n', 1, 1, 'a heading that begins with entries'],
    ['entries searched\n00000105\n', 2, 1, '2 columns'],
    ['entries searched\n00000105 0000000g\n', 2, 10, 'eight hexadecimal digits'],
    ['entries searched\n00000105 000000000\n', 2, 10, 'eight hexadecimal digits'],
    ['entries searched\n00000105 00000000x\n', 2, 10, 'eight hexadecimal digits'],
    ['entries searched\n00000105 x00000000\n', 2, 10, 'eight hexadecimal digits'],
  ])('%j is a fault in /proc/net/stat/nf_conntrack', (text, line, column, expected) => {
    expect(fault(() => parseProcStats(text))).toEqual([
      'NUMBER_EXPECTED',
      line,
      column,
      expected,
      text.split('\n')[line - 1],
    ]);
  });
});

describe('conntrack -C', () => {
  it('the output of conntrack -C is a number and nothing else', () => {
    expect([parseCount('42\n'), parseCount('\ufeff0'), formatCount(42)]).toEqual([42, 0, '42\n']);
    for (const text of ['x42', '42x', '4 2', '', '-1', '4\ufeff2', '1234567890123456'])
      expect(fault(() => parseCount(text))).toEqual(['NUMBER_EXPECTED', 1, 1, 'a number', text]);
  });
});
