import { type FlowCursor, type LabelMap, ORIGINAL_DST, ORIGINAL_SRC, REPLY_DST, REPLY_SRC } from '@conntrack/flow';
import type { AddressValue, Filter, Test } from '../ast.js';
import { fieldOf } from '../fields.js';
import { addressTest } from './address-set.js';
import { labelsTest, textTest } from './names.js';
import { natEndpoints, natKinds } from './nat.js';
import { numberTest } from './number-set.js';
import { ENDS, READERS, type Reader } from './readers.js';
import { stateTest } from './states.js';

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

const CONSTANT = { true: { test: true, cost: 0 }, false: { test: false, cost: 0 } } as const;
const constant = (value: boolean): Node => (value ? CONSTANT.true : CONSTANT.false);

/** What the surrounding conjunction says of the protocol. */
type Protocols = ReadonlySet<number> | undefined;

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

class Compiler {
  constructor(readonly options: CompileOptions) {}

  #numeric(test: Test, readers: readonly Reader[]): FlowPredicate | boolean {
    // A zone is 0 when it is not set.
    const compare = numberTest(test.op, test.values, test.field.endsWith('zone') ? 1 : 0);
    if (typeof compare === 'boolean') return compare;
    const [read] = readers;
    return readers.length === 1
      ? cursor => compare(read!(cursor))
      : cursor => readers.some(reader => compare(reader(cursor)));
  }

  #status(test: Test): FlowPredicate | boolean {
    const mask = test.values.reduce((bits, value) => (value.type === 'number' ? bits | value.value : bits), 0);
    if (test.op === 'exists') return cursor => cursor.status() >= 0;
    if (test.op === 'all')
      return cursor => {
        const status = cursor.status();
        return status >= 0 && (status & mask) === mask;
      };
    return cursor => {
      const status = cursor.status();
      return status >= 0 && (status & mask) !== 0;
    };
  }

  #flag(test: Test): FlowPredicate {
    const { mask, clear } = fieldOf(test.field).status!;
    return cursor => {
      const status = cursor.status();
      return status >= 0 && ((status & mask) === 0) === (clear === true);
    };
  }

  #address(test: Test): FlowPredicate {
    const ends = ENDS[test.field]!;
    const [only] = ends;
    if (test.op === 'exists') return cursor => ends.some(end => cursor.word(end, 0) >= 0);
    const inside = addressTest(test.values as readonly AddressValue[]);
    return ends.length === 1 ? cursor => inside(cursor, only!) : cursor => ends.some(end => inside(cursor, end));
  }

  #pair(test: Test): FlowPredicate {
    const [one, other] = test.values.map(value => addressTest([value as AddressValue]));
    return cursor =>
      (one!(cursor, ORIGINAL_SRC) && other!(cursor, ORIGINAL_DST)) ||
      (one!(cursor, ORIGINAL_DST) && other!(cursor, ORIGINAL_SRC)) ||
      (one!(cursor, REPLY_SRC) && other!(cursor, REPLY_DST)) ||
      (one!(cursor, REPLY_DST) && other!(cursor, REPLY_SRC));
  }

  #age(): readonly Reader[] {
    const now = this.options.now ?? Date.now;
    return [
      cursor => {
        const start = cursor.start();
        return start < 0 ? -1 : Math.max(0, (now() - start) / 1000);
      },
    ];
  }

  #test(test: Test, protocols: Protocols): FlowPredicate | boolean {
    if (test.field === 'age') return this.#numeric(test, this.#age());
    const readers = READERS[test.field];
    if (readers !== undefined) return this.#numeric(test, readers);
    switch (fieldOf(test.field).type) {
      case 'address':
        return this.#address(test);
      case 'pair':
        return this.#pair(test);
      case 'state':
        return stateTest(test, protocols);
      case 'status':
        return this.#status(test);
      case 'flag':
        return this.#flag(test);
      case 'label':
        return labelsTest(test, this.options.labels);
      case 'name':
        return natKinds(test);
      case 'nat':
        return natEndpoints(test);
      default:
        return textTest(test.field === 'helper' ? cursor => cursor.helper() : cursor => cursor.secctx(), test);
    }
  }

  node(filter: Filter, protocols: Protocols): Node {
    switch (filter.kind) {
      case 'all':
        return constant(true);
      case 'not': {
        const { test, cost } = this.node(filter.term, protocols);
        return typeof test === 'boolean' ? constant(!test) : { test: cursor => !test(cursor), cost };
      }
      case 'test': {
        const test = this.#test(filter, protocols);
        const cost = (costs[fieldOf(filter.field).type] ?? 3) + (filter.field === 'addr' ? 4 : 0);
        return typeof test === 'boolean' ? constant(test) : { test, cost };
      }
      default:
        return this.#join(filter.kind, filter.terms, protocols);
    }
  }

  #join(kind: 'and' | 'or', terms: readonly Filter[], outer: Protocols): Node {
    const protocols = kind === 'and' ? narrow(terms, outer) : outer;
    if (protocols?.size === 0) return constant(false);
    const decisive = kind === 'or';
    const nodes: { test: FlowPredicate; cost: number }[] = [];
    for (const term of terms) {
      const { test, cost } = this.node(term, protocols);
      if (test === decisive) return constant(decisive);
      if (typeof test !== 'boolean') nodes.push({ test, cost });
    }
    if (nodes.length === 0) return constant(!decisive);
    nodes.sort((a, b) => a.cost - b.cost);
    const tests = nodes.map(node => node.test);
    const test = kind === 'and' ? conjunction(tests) : disjunction(tests);
    return { test, cost: nodes.reduce((total, node) => total + node.cost, 0) };
  }
}

/** The protocols that a conjunction leaves. */
function narrow(terms: readonly Filter[], outer: Protocols): Protocols {
  let protocols = outer;
  for (const term of terms) {
    if (term.kind !== 'test' || term.field !== 'proto' || term.op !== 'eq') continue;
    const numbers = term.values.flatMap(value => (value.type === 'number' ? [value.value] : []));
    const before = protocols;
    protocols = new Set(before === undefined ? numbers : numbers.filter(number => before.has(number)));
  }
  return protocols;
}

function conjunction(tests: readonly FlowPredicate[]): FlowPredicate {
  const [a, b, c] = tests;
  if (tests.length === 1) return a!;
  if (tests.length === 2) return cursor => a!(cursor) && b!(cursor);
  if (tests.length === 3) return cursor => a!(cursor) && b!(cursor) && c!(cursor);
  return cursor => {
    for (let i = 0; i < tests.length; i++) if (!tests[i]!(cursor)) return false;
    return true;
  };
}

function disjunction(tests: readonly FlowPredicate[]): FlowPredicate {
  const [a, b] = tests;
  if (tests.length === 1) return a!;
  if (tests.length === 2) return cursor => a!(cursor) || b!(cursor);
  return cursor => {
    for (let i = 0; i < tests.length; i++) if (tests[i]!(cursor)) return true;
    return false;
  };
}

/**
 * Makes one predicate of a filter. Constants are folded, cheap tests come first, long lists become sorted sets. The predicate reads a
 * cursor over netlink bytes or over `Flow` objects, allocates nothing for what the kernel gives as numbers, and its time is linear.
 */
export function compileFilter(filter: Filter, options: CompileOptions = {}): FlowPredicate {
  const { test } = new Compiler(options).node(filter, undefined);
  return typeof test === 'boolean' ? () => test : test;
}
