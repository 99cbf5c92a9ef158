import type { Value } from '../ast.js';
import type { Operator } from '../operator.js';
import { mergeRanges, type RangeOf } from './ranges.js';

/** A predicate over one number; −1 (absent) never passes. */
export type NumberTest = (value: number) => boolean;

type Range = RangeOf<number>;

/** Sorted ranges up to 65,535 as bits, others by bisection. */
function rangesTest(ranges: Range[]): NumberTest {
  if (ranges.length === 1) {
    const [from, to] = ranges[0]!;
    return from === to ? value => value === from : value => value >= from && value <= to;
  }
  if (ranges.length === 2) {
    const [[a, b], [c, d]] = ranges as [Range, Range];
    return value => (value >= a && value <= b) || (value >= c && value <= d);
  }
  if (ranges.at(-1)![1] <= 0xffff && ranges.every(range => range.every(Number.isInteger))) {
    const bits = new Uint32Array((ranges.at(-1)![1] >>> 5) + 1);
    for (const [from, to] of ranges) for (let n = from; n <= to; n++) bits[n >>> 5]! |= 1 << (n & 31);
    const top = ranges.at(-1)![1];
    // The first comparison refuses fractions, which only times have.
    return value =>
      (value | 0) === value && value >= 0 && value <= top && ((bits[value >>> 5]! >>> (value & 31)) & 1) !== 0;
  }
  const from = Float64Array.from(ranges, range => range[0]);
  const to = Float64Array.from(ranges, range => range[1]);
  return value => {
    let low = 0;
    let high = to.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (to[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low < from.length && from[low]! <= value;
  };
}

/** Any of the values: numbers and ranges as one set, masked values one by one. */
function anyTest(values: readonly Value[]): NumberTest | boolean {
  const ranges: Range[] = [];
  const masked: (readonly [value: number, mask: number])[] = [];
  for (const value of values) {
    if (value.type === 'number') ranges.push([value.value, value.value]);
    else if (value.type === 'range') ranges.push([value.from, value.to]);
    else if (value.type === 'masked' && (value.value & value.mask) >>> 0 === value.value)
      masked.push([value.value, value.mask]);
  }
  const inRanges = ranges.length === 0 ? undefined : rangesTest(mergeRanges(ranges, (a, b) => a - b));
  if (masked.length === 0) return inRanges ?? false;
  if (masked.length === 1 && inRanges === undefined) {
    const [wanted, mask] = masked[0]!;
    return value => value >= 0 && (value & mask) >>> 0 === wanted;
  }
  return value =>
    value >= 0 && (inRanges?.(value) === true || masked.some(([wanted, mask]) => (value & mask) >>> 0 === wanted));
}

/** The predicate of a numeric test; `false` when nothing can pass. */
export function numberTest(op: Operator, values: readonly Value[], least = 0): NumberTest | boolean {
  if (op === 'exists') return value => value >= least;
  if (op === 'eq') return anyTest(values);
  const [value] = values;
  const limit = value?.type === 'number' ? value.value : Number.NaN;
  switch (op) {
    case 'gt':
      return value => value > limit && value >= 0;
    case 'gte':
      return value => value >= limit && value >= 0;
    case 'lt':
      return limit <= 0 ? false : value => value < limit && value >= 0;
    case 'lte':
      return value => value <= limit && value >= 0;
    default:
      return false;
  }
}
