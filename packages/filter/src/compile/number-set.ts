import type { Value } from '../ast.js';
import type { Operator } from '../operator.js';
import { mergeRanges, type RangeOf } from './ranges.js';

/** A predicate over one number; −1 (absent) never passes. */
export type NumberTest = (value: number) => boolean;

/** Whether a number is in any of the ranges: one compared, more by bisection. */
export function rangesTest(ranges: RangeOf<number>[]): NumberTest {
  const merged = mergeRanges(ranges, (a, b) => a - b);
  const from = Float64Array.from(merged, range => range[0]);
  const to = Float64Array.from(merged, range => range[1]);
  const { length } = from;
  if (length === 1) {
    const low = from[0]!;
    const high = to[0]!;
    return value => value >= low && value <= high;
  }
  return value => {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (to[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low < length && from[low]! <= value;
  };
}

const orders: { readonly [Op in Operator]?: (value: number, limit: number) => boolean } = {
  gt: (value, limit) => value > limit,
  gte: (value, limit) => value >= limit,
  lt: (value, limit) => value < limit,
  lte: (value, limit) => value <= limit,
};

/** The predicate of a numeric test; `false` when nothing can pass. */
export function numberTest(op: Operator, values: readonly Value[], least = 0): NumberTest | false {
  if (op === 'exists') return value => value >= least;
  const ranges: RangeOf<number>[] = [];
  const masked: NumberTest[] = [];
  for (const value of values) {
    if (value.type === 'number') ranges.push([value.value, value.value]);
    else if (value.type === 'range') ranges.push([value.from, value.to]);
    else if (value.type === 'masked') masked.push(number => number >= 0 && (number & value.mask) >>> 0 === value.value);
  }
  const order = orders[op];
  if (order !== undefined) {
    const limit = ranges[0]?.[0] ?? Number.NaN;
    return value => value >= 0 && order(value, limit);
  }
  if (ranges.length > 0) masked.push(rangesTest(ranges));
  return masked.length > 0 && (masked.length === 1 ? masked[0]! : value => masked.some(test => test(value)));
}
