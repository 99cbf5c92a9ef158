import type { End, FlowCursor, LabelMap } from '@conntrack/flow';
import { checkKeys, type OptionKeys } from '@conntrack/flow/checks';
import { ORIGINAL_DST, ORIGINAL_SRC, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import { type AddressValue, type Filter, numbersOf, type Test } from '../language/ast.js';
import { type FlowField, fieldOf } from '../language/field-table.js';
import type { NumberReader } from '../language/readers.js';
import { type AddressTest, addressTest } from './address-set.js';
import { anyOf } from './any-of.js';
import { compileTree, costOf } from './compile-tree.js';
import { labelsTest, textTest } from './name-tests.js';
import { natEndpoints, natKinds } from './nat-tests.js';
import { numberTest } from './number-set.js';

/** The options of the functions that evaluate a filter. */
export const COMPILE: OptionKeys<CompileOptions> = { labels: 0, now: 0 };

/** A compiled filter: returns whether the flow that the cursor stands on matches. Pure, except that `age` reads the clock. */
export type FlowPredicate = (cursor: FlowCursor) => boolean;

/** Options for compiling a filter. */
export interface CompileOptions {
  /** The bits of label names, for filters that were parsed without the map. */
  labels?: LabelMap;
  /** Returns the time in milliseconds since 1970. Default: `Date.now`. */
  now?: () => number;
}

function numeric({ op, values, field }: Test, readers: readonly NumberReader[]): FlowPredicate {
  const compare = numberTest(op, values, fieldOf(field).min);
  return anyOf(
    readers.map(
      (read): FlowPredicate =>
        cursor =>
          compare(read(cursor)),
    ),
  );
}

function addresses({ op, values }: Test, ends: readonly End[]): FlowPredicate {
  const inside: AddressTest =
    op === 'exists' ? (cursor, end) => cursor.word(end, 0) >= 0 : addressTest(values as readonly AddressValue[]);
  return anyOf(
    ends.map(
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

/** Whether the status is known and has any of the bits or, with `clear`, none of them. */
const anyBit =
  (mask: number, clear = false): FlowPredicate =>
  cursor => {
    const status = cursor.status();
    return status >= 0 && ((status & mask) === 0) === clear;
  };

/** Makes the predicate of a field that has no reader of its own. */
function byType(test: Test, { labels }: CompileOptions): FlowPredicate {
  const { type, status } = fieldOf(test.field);
  switch (type) {
    case 'pair':
      return pairTest(test);
    case 'status':
      // `status.exists` has no values, so the mask is 0: with `clear`, any known status matches.
      return anyBit(
        numbersOf(test.values).reduce((bits, bit) => bits | bit, 0),
        test.op === 'exists',
      );
    case 'flag':
      return anyBit(status!.mask, status!.clear);
    case 'label':
      return labelsTest(test, labels);
    case 'name':
      return natKinds(test);
    default:
      return natEndpoints(test);
  }
}

function predicateOf(test: Test, options: CompileOptions): FlowPredicate {
  const { numbers, ends, text, at } = fieldOf(test.field).read ?? {};
  const { now = Date.now } = options;
  if (numbers !== undefined) return numeric(test, numbers);
  if (ends !== undefined) return addresses(test, ends);
  if (text !== undefined) return textTest(text, test);
  if (at !== undefined) return numeric(test, [cursor => at(cursor, now)]);
  return byType(test, options);
}

/** The cost of reading a field. Each further address costs as much as a port. */
const costOfField = ({ type, read }: FlowField): number => costOf(type) + Math.max(0, (read?.ends?.length ?? 1) - 1);

/**
 * Compiles a filter into one predicate. Constants are folded, cheap tests come first, and long lists become sorted sets.
 *
 * The predicate reads a cursor over netlink bytes or over `Flow` objects. It allocates nothing for fields that the kernel gives as numbers,
 * and takes linear time.
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
  return compileTree(filter, test => ({
    test: predicateOf(test as Test, options),
    cost: costOfField(fieldOf((test as Test).field)),
  }));
}
