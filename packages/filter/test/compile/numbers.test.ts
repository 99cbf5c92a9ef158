import { describe, expect, it } from 'vitest';
import { numberTest, rangesTest } from '../../src/compile/number-set.js';
import { mergeRanges, type RangeOf } from '../../src/compile/ranges.js';
import type { Value } from '../../src/index.js';
import type { Operator } from '../../src/language/operators.js';

const merged = (...ranges: RangeOf<number>[]): RangeOf<number>[] => mergeRanges(ranges, (a, b) => a - b);

describe('merged ranges', () => {
  it('merged ranges are in order, and ranges that overlap or touch become one', () => {
    expect(merged([30, 30], [5, 9], [3, 4], [1, 3], [8, 20], [10, 12], [21, 25])).toEqual([
      [1, 4],
      [5, 20],
      [21, 25],
      [30, 30],
    ]);
  });
  it('of two ranges with the same beginning, merging keeps the longer one', () => {
    expect(merged([1, 9], [1, 2], [1, 12])).toEqual([[1, 12]]);
  });
  it('merging copies ranges, and leaves those of the filter unchanged', () => {
    const [first, second]: [RangeOf<number>, RangeOf<number>] = [
      [1, 5],
      [2, 9],
    ];
    merged(first, second);
    expect([first, second]).toEqual([
      [1, 5],
      [2, 9],
    ]);
  });
});

const inside = (ranges: RangeOf<number>[], numbers: readonly number[]): number[] => numbers.filter(rangesTest(ranges));

describe('a number in ranges', () => {
  it('one range includes both ends', () => {
    expect(inside([[10, 20]], [-1, 9, 10, 15, 20, 21])).toEqual([10, 15, 20]);
  });
  it('each of many ranges includes both ends, and nothing between the ranges', () => {
    const ranges: RangeOf<number>[] = [
      [10, 20],
      [30, 30],
      [40, 45],
      [60, 70],
    ];
    expect(inside(ranges, [-1, 9, 10, 20, 21, 29, 30, 31, 40, 45, 46, 59, 60, 70, 71, 1e9])).toEqual([
      10, 20, 30, 40, 45, 60, 70,
    ]);
  });
  it('no number is in an empty list of ranges', () => {
    expect(inside([], [-1, 0, 1])).toEqual([]);
  });
});

const number = (value: number): Value => ({ type: 'number', value });
/** A cursor returns −1 for an absent number. */
const NUMBERS = [-1, 0, 1, 4, 5, 6, 7, 255, 0xffffffff];
const passed = (op: Operator, values: readonly Value[], least?: number): number[] =>
  NUMBERS.filter(numberTest(op, values, least));

describe('a numeric test', () => {
  it.each<[Operator, Value[], number[]]>([
    ['gt', [number(5)], [6, 7, 255, 0xffffffff]],
    ['gte', [number(5)], [5, 6, 7, 255, 0xffffffff]],
    ['lt', [number(5)], [0, 1, 4]],
    ['lte', [number(5)], [0, 1, 4, 5]],
    ['lt', [number(0)], []],
    ['lte', [number(0)], [0]],
    ['eq', [number(0)], [0]],
    ['eq', [number(5), number(7)], [5, 7]],
    ['eq', [{ type: 'range', from: 4, to: 6 }, number(255)], [4, 5, 6, 255]],
    ['eq', [{ type: 'masked', value: 5, mask: 5 }], [5, 7, 255, 0xffffffff]],
    ['eq', [{ type: 'masked', value: 0, mask: 1 }], [0, 4, 6]],
    ['eq', [{ type: 'masked', value: 0x80000000, mask: 0x80000000 }], [0xffffffff]],
    ['eq', [{ type: 'masked', value: 0xffffffff, mask: 0xffffffff }, number(1)], [1, 0xffffffff]],
    ['exists', [], [0, 1, 4, 5, 6, 7, 255, 0xffffffff]],
  ])('the test %s %j matches %j, and never an absent number', (op, values, expected) => {
    expect(passed(op, values)).toEqual(expected);
  });

  it('a number exists from the smallest valid value on', () => {
    expect(passed('exists', [], 1)).toEqual([1, 4, 5, 6, 7, 255, 0xffffffff]);
  });

  it('a state matches only the protocols that it belongs to', () => {
    const test = numberTest('eq', [
      {
        type: 'state',
        name: 'CLOSED',
        states: [
          { protonum: 132, state: 1 },
          { protonum: 33, state: 9 },
        ],
      },
    ]);
    const key = (protonum: number, state: number): number => protonum * 256 + state;
    expect([key(132, 1), key(33, 9), key(132, 9), key(33, 1), key(6, 1)].map(test)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
