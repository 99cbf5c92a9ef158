import type { Filter, Test } from '../language/ast.js';
import type { FieldType } from '../language/field.js';

/** A compiled part of a filter: a constant, or a predicate with its cost. */
interface Node<Cursor> {
  readonly test: ((cursor: Cursor) => boolean) | boolean;
  readonly cost: number;
}

/** Makes the predicate of one test, and returns its cost. */
export type CompileTest<Cursor> = (test: Test<string>) => {
  readonly test: (cursor: Cursor) => boolean;
  readonly cost: number;
};

// The cost of reading a field of each type, from a look at a header to a search in strings. The default is 3.
const COSTS: { readonly [Type in FieldType]?: number } = {
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

/** The cost of reading the fields of a type. */
export const costOf = (type: FieldType): number => COSTS[type] ?? 3;

/** Compiles an OR or an AND. `decisive`: the result of a term that decides the whole (true for OR, false for AND). */
function joined<Cursor>(
  decisive: boolean,
  terms: readonly Filter<string>[],
  compileTest: CompileTest<Cursor>,
): Node<Cursor> {
  const nodes: ReturnType<CompileTest<Cursor>>[] = [];
  for (const term of terms) {
    const { test, cost } = compile(term, compileTest);
    if (test === decisive) return { test, cost: 0 };
    if (typeof test !== 'boolean') nodes.push({ test, cost });
  }
  if (nodes.length === 0) return { test: !decisive, cost: 0 };
  nodes.sort((a, b) => a.cost - b.cost);
  return nodes.reduceRight(({ test, cost }, { test: before, cost: more }) => ({
    test: decisive ? cursor => before(cursor) || test(cursor) : cursor => before(cursor) && test(cursor),
    cost: cost + more,
  }));
}

function compile<Cursor>(filter: Filter<string>, compileTest: CompileTest<Cursor>): Node<Cursor> {
  switch (filter.kind) {
    case 'all':
      return { test: true, cost: 0 };
    case 'not': {
      const { test, cost } = compile(filter.term, compileTest);
      return { test: typeof test === 'boolean' ? !test : cursor => !test(cursor), cost };
    }
    case 'test': {
      if (filter.op !== 'all') return compileTest(filter);
      const terms = filter.values.map((value): Test<string> => ({ ...filter, op: 'eq', values: [value] }));
      return joined(false, terms, compileTest);
    }
    default:
      return joined(filter.kind === 'or', filter.terms, compileTest);
  }
}

/** Compiles a filter into one predicate: constants are folded, cheap tests come first. */
export function compileTree<Cursor>(
  filter: Filter<string>,
  compileTest: CompileTest<Cursor>,
): (cursor: Cursor) => boolean {
  const { test } = compile(filter, compileTest);
  return typeof test === 'boolean' ? () => test : test;
}
