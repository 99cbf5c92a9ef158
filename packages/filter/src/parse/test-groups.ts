import { allOf, anyOf, type Filter, negate, type Value } from '../language/ast.js';
import { type Field, isWord } from '../language/field.js';
import type { Comparison } from './comparisons.js';
import { checkLength, makeTest } from './make-test.js';
import type { Report, Span } from './report.js';

/** Tests of one field and operator: any of them may hold or, negated, none. */
interface Group {
  readonly negated: boolean;
  readonly tests: Filter[];
  /** Of the first test, where others may join them. */
  readonly values: Value[];
}

/** The tests of a query string: pairs of different fields are ANDed, lists and repeated fields ORed. */
export class TestGroups {
  readonly #report: Report;
  readonly #groups = new Map<string, Group>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Adds a test; the same field and operator again adds to its values. */
  add(field: Field, { op, negated = false }: Comparison, values: Value[], place: Span): void {
    const report = this.#report;
    const id = `${field.name} ${op} ${op !== 'exists' && negated}`;
    const group = this.#groups.get(id);
    if (group === undefined || field.type === 'pair') {
      const test = makeTest(field, { op }, values, place, report);
      if (group === undefined) this.#groups.set(id, { negated, tests: [test], values });
      else group.tests.push(test);
    } else if (op === 'eq' || op === 'all') {
      group.values.push(...values);
      checkLength(group.values, place, report);
    } else report.fail('duplicate', place, `'${field.name}${isWord(field) ? '' : `.${op}`}' is repeated`);
  }

  /** Adds the filter of the pair `filter=EXPRESSION`, which may stand once. */
  addExpression(key: string, place: Span, read: () => Filter): void {
    if (this.#groups.has(key))
      this.#report.fail('duplicate', place, `'${key}' is repeated. Combine the two with 'and' or 'or'`);
    this.#groups.set(key, { negated: false, tests: [read()], values: [] });
  }

  /** All of them. */
  filter(): Filter {
    return allOf(
      [...this.#groups.values()].map(({ tests, negated }) => (negated ? negate(anyOf(tests)) : anyOf(tests))),
    );
  }
}
