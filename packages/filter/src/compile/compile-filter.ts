import {
  checkKeys,
  type End,
  type FlowCursor,
  type LabelMap,
  type OptionKeys,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY_DST,
  REPLY_SRC,
} from '@conntrack/flow';
import { type AddressValue, type Filter, numbersOf, type Test } from '../language/ast.js';
import { fieldOf } from '../language/field-table.js';
import { type AddressTest, addressTest } from './address-set.js';
import { anyOf } from './any-of.js';
import { labelsTest, textTest } from './name-tests.js';
import { natEndpoints, natKinds } from './nat-tests.js';
import { numberTest } from './number-set.js';
import { ENDS, READERS, type Reader } from './readers.js';

/** The options of what evaluates a filter. */
export const COMPILE: OptionKeys<CompileOptions> = { labels: 0, now: 0 };

/** A compiled filter: whether the flow that the cursor stands on passes. Pure, but for the clock that `age` reads. */
export type FlowPredicate = (cursor: FlowCursor) => boolean;

/** What compiling may need. */
export interface CompileOptions {
  /** Bits of label names, for filters that were read without the map. */
  labels?: LabelMap;
  /** Milliseconds since 1970; `Date.now` when absent. */
  now?: () => number;
}

/** A compiled node: a constant, or a predicate and how dear it is. */
interface Node {
  readonly test: FlowPredicate | boolean;
  readonly cost: number;
}

const constant = (test: boolean): Node => ({ test, cost: 0 });

// What a field costs to read, from a glance at a header to a search in strings. Anything else is 3.
const costs: Readonly<Record<string, number>> = {
  family: 0,
  protocol: 1,
  port: 2,
  flag: 2,
  address: 4,
  pair: 6,
  nat: 6,
  name: 6,
  label: 7,
  time: 8,
  text: 9,
};

function numeric(test: Test, readers: readonly Reader[]): FlowPredicate {
  // A zone is 0 when it is not set.
  const compare = numberTest(test.op, test.values, test.field.endsWith('zone') ? 1 : 0);
  return anyOf(
    readers.map(
      (read): FlowPredicate =>
        cursor =>
          compare(read(cursor)),
    ),
  );
}

/** Whether a known status has any of the bits; with `clear`, none. */
const anyBit =
  (mask: number, clear = false): FlowPredicate =>
  cursor => {
    const status = cursor.status();
    return status >= 0 && ((status & mask) === 0) === clear;
  };

function addressesTest(test: Test): FlowPredicate {
  const inside: AddressTest =
    test.op === 'exists'
      ? (cursor, end) => cursor.word(end, 0) >= 0
      : addressTest(test.values as readonly AddressValue[]);
  return anyOf(
    ENDS[test.field]!.map(
      (end): FlowPredicate =>
        cursor =>
          inside(cursor, end),
    ),
  );
}

function pairTest({ values }: Test): FlowPredicate {
  const [one, other] = values.map(value => addressTest([value as AddressValue]));
  const between = (cursor: FlowCursor, src: End, dst: End): boolean =>
    (one!(cursor, src) && other!(cursor, dst)) || (one!(cursor, dst) && other!(cursor, src));
  return cursor => between(cursor, ORIGINAL_SRC, ORIGINAL_DST) || between(cursor, REPLY_SRC, REPLY_DST);
}

function ageReader({ now = Date.now }: CompileOptions): Reader {
  return cursor => {
    // Of a capture, the age at its time.
    const captured = cursor.age?.() ?? -1;
    if (captured >= 0) return captured;
    const start = cursor.start();
    return start < 0 ? -1 : Math.max(0, (now() - start) / 1000);
  };
}

function compileTest(test: Test, options: CompileOptions): FlowPredicate {
  const readers = test.field === 'age' ? [ageReader(options)] : READERS[test.field];
  if (readers !== undefined) return numeric(test, readers);
  const { type, status } = fieldOf(test.field);
  switch (type) {
    case 'address':
      return addressesTest(test);
    case 'pair':
      return pairTest(test);
    case 'status':
      // It exists where it has none of no bits.
      return anyBit(
        numbersOf(test.values).reduce((bits, bit) => bits | bit, 0),
        test.op === 'exists',
      );
    case 'flag':
      return anyBit(status!.mask, status!.clear);
    case 'label':
      return labelsTest(test, options.labels);
    case 'name':
      return natKinds(test);
    case 'nat':
      return natEndpoints(test);
    default:
      return textTest(test.field === 'helper' ? cursor => cursor.helper() : cursor => cursor.secctx(), test);
  }
}

function compile(filter: Filter, options: CompileOptions): Node {
  switch (filter.kind) {
    case 'all':
      return constant(true);
    case 'not': {
      const { test, cost } = compile(filter.term, options);
      return { test: typeof test === 'boolean' ? !test : cursor => !test(cursor), cost };
    }
    case 'test': {
      if (filter.op === 'all') {
        const terms = filter.values.map(
          (value): Test => ({ kind: 'test', field: filter.field, op: 'eq', values: [value] }),
        );
        return compileJoined(false, terms, options);
      }
      const cost = (costs[fieldOf(filter.field).type] ?? 3) + (filter.field === 'addr' ? 4 : 0);
      return { test: compileTest(filter, options), cost };
    }
    default:
      return compileJoined(filter.kind === 'or', filter.terms, options);
  }
}

/** Of an OR one term that holds decides, of an AND one that does not. */
function compileJoined(decisive: boolean, terms: readonly Filter[], options: CompileOptions): Node {
  const nodes: { test: FlowPredicate; cost: number }[] = [];
  for (const term of terms) {
    const { test, cost } = compile(term, options);
    if (test === decisive) return constant(decisive);
    if (typeof test !== 'boolean') nodes.push({ test, cost });
  }
  if (nodes.length === 0) return constant(!decisive);
  nodes.sort((a, b) => a.cost - b.cost);
  return nodes.reduceRight(({ test, cost }, { test: before, cost: more }) => ({
    test: decisive ? cursor => before(cursor) || test(cursor) : cursor => before(cursor) && test(cursor),
    cost: cost + more,
  }));
}

/**
 * Makes one predicate of a filter. Constants are folded, cheap tests come first, long lists become sorted sets. The predicate reads a
 * cursor over netlink bytes or over `Flow` objects, allocates nothing for what the kernel gives as numbers, and its time is linear.
 *
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter';
 * import { compileFilter } from '@conntrack/filter/compile';
 * const passes = compileFilter(parseQuery('proto=tcp&dport=80,443').filter);
 * ```
 */
export function compileFilter(filter: Filter, options: CompileOptions = {}): FlowPredicate {
  checkKeys('compileFilter', options, COMPILE);
  const { test } = compile(filter, options);
  return typeof test === 'boolean' ? () => test : test;
}
