import type { Value } from '../language/ast.js';
import type { Operator } from '../language/operators.js';
import { stateKey } from '../language/state-key.js';
import { anyOf } from './any-of.js';
import { mergeRanges, type RangeOf } from './ranges.js';

/** A predicate over one number. It is false for −1 (absent). */
export type NumberTest = (value: number) => boolean;

/** Makes the test whether a number is in any of the ranges: one range is compared, several are searched. */
export function rangesTest(ranges: RangeOf<number>[]): NumberTest {
  const merged = mergeRanges(ranges, (a, b) => a - b);
  const { length } = merged;
  if (length === 1) {
    const [low, high] = merged[0]!;
    return value => value >= low && value <= high;
  }
  const from = Float64Array.from(merged.map(range => range[0]));
  const to = Float64Array.from(merged.map(range => range[1]));
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

const orders: { readonly [Op in Operator]?: (limit: number) => NumberTest } = {
  exists: least => value => value >= least,
  gt: limit => value => value > limit,
  gte: limit => value => value >= limit,
  lt: limit => value => value >= 0 && value < limit,
  lte: limit => value => value >= 0 && value <= limit,
};

/** Makes the predicate of a numeric test. `least` is the smallest number that counts as a value. */
export function numberTest(op: Operator, values: readonly Value[], least = 0): NumberTest {
  const ranges: RangeOf<number>[] = [];
  const tests: NumberTest[] = [];
  for (const value of values)
    if (value.type === 'number') ranges.push([value.value, value.value]);
    else if (value.type === 'range') ranges.push([value.from, value.to]);
    else if (value.type === 'masked') tests.push(number => number >= 0 && (number & value.mask) >>> 0 === value.value);
    // One number for each state of each protocol; the field's reader makes the same numbers.
    else if (value.type === 'state')
      for (const { protonum, state } of value.states)
        ranges.push([stateKey(protonum, state), stateKey(protonum, state)]);
  const order = orders[op];
  if (order !== undefined) return order(ranges[0]?.[0] ?? least);
  if (ranges.length > 0) tests.push(rangesTest(ranges));
  return anyOf(tests);
}
