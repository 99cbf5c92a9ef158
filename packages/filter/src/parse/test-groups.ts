import { allOf, anyOf, type Filter, negate, type Value } from '../language/ast.js';
import { type Field, isWord } from '../language/field.js';
import type { Comparison } from './comparisons.js';
import { checkLength, makeTest } from './make-test.js';
import type { Report, Span } from './report.js';

/** Tests of one field and operator: any of them may be true or, negated, none of them. */
interface Group {
  readonly negated: boolean;
  readonly tests: Filter[];
  /** The values of the first test, to which others are added. */
  readonly values: Value[];
}

/** Collects the tests of a query string: pairs of different fields are ANDed, lists and repeated fields are ORed. */
export class TestGroups {
  readonly #report: Report;
  readonly #groups = new Map<string, Group>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Adds a test. The values of a repeated field and operator are added to the first test. */
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

  /** Adds the filter of the pair `filter=EXPRESSION`, which may occur once. */
  addExpression(key: string, place: Span, read: () => Filter): void {
    if (this.#groups.has(key))
      this.#report.fail('duplicate', place, `'${key}' is repeated. Combine the two with 'and' or 'or'`);
    this.#groups.set(key, { negated: false, tests: [read()], values: [] });
  }

  /** Returns the filter of all tests. */
  filter(): Filter {
    return allOf(
      [...this.#groups.values()].map(({ tests, negated }) => (negated ? negate(anyOf(tests)) : anyOf(tests))),
    );
  }
}
