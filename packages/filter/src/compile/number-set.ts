import type { Value } from '../language/ast.js';
import type { Operator } from '../language/operators.js';
import { stateKey } from '../language/state-key.js';
import { anyOf } from './any-of.js';
import { mergeRanges, type RangeOf } from './ranges.js';

/** A predicate over one number; −1 (absent) never passes. */
export type NumberTest = (value: number) => boolean;

/** Whether a number is in any of the ranges: one compared, more by bisection. */
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

/** The predicate of a numeric test; of the numbers that exist, none is smaller than `least`. */
export function numberTest(op: Operator, values: readonly Value[], least = 0): NumberTest {
  const ranges: RangeOf<number>[] = [];
  const tests: NumberTest[] = [];
  for (const value of values)
    if (value.type === 'number') ranges.push([value.value, value.value]);
    else if (value.type === 'range') ranges.push([value.from, value.to]);
    else if (value.type === 'masked') tests.push(number => number >= 0 && (number & value.mask) >>> 0 === value.value);
    // One number for each state of each protocol, as its reader makes it.
    else if (value.type === 'state')
      for (const { protonum, state } of value.states)
        ranges.push([stateKey(protonum, state), stateKey(protonum, state)]);
  const order = orders[op];
  if (order !== undefined) return order(ranges[0]?.[0] ?? least);
  if (ranges.length > 0) tests.push(rangesTest(ranges));
  return anyOf(tests);
}
