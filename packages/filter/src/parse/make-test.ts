import { type Filter, negate, type Test, type Value } from '../language/ast.js';
import { type Field, operatorsOf } from '../language/field.js';
import type { FieldName } from '../language/field-table.js';
import { type Operator, symbolOf } from '../language/operators.js';
import type { Comparison } from './comparisons.js';
import type { Token } from './lexer.js';
import { readValue } from './read-value.js';
import type { Report, Span } from './report.js';

/** The operators that a field supports, as an expression writes them. */
export const symbolsOf = (field: Field): string[] =>
  operatorsOf(field).flatMap(op => (op === 'eq' ? ['==', '!='] : symbolOf(op)));

/** Fails at the given place if a field does not support the operator. */
export function checkOperator(field: Field, op: Operator, place: Span, report: Report): void {
  if (operatorsOf(field).includes(op)) return;
  const { name, type } = field;
  const expected = type === 'flag' ? [name, `not ${name}`] : symbolsOf(field);
  report.fail('wrong-operator', place, `${name} does not support '${symbolOf(op)}'`, [], expected);
}

/** Stops parsing at a list that is too long. */
export function checkLength(values: readonly unknown[], place: Span, report: Report): void {
  const most = report.limits.values;
  if (values.length > most) report.stop('too-many-values', place, `a list can have at most ${most} values`);
}

/** Reads the values of a test, and reports each fault. */
export function readValues(field: Field, op: Operator, items: readonly Token[], report: Report): Value[] {
  const last = items.at(-1)!;
  const { end } = last;
  checkLength(items, last, report);
  const values: Value[] = [];
  for (const item of items) report.attempt(() => values.push(readValue(field, item, report)));
  if (values.length < items.length) report.abandon();
  if (op !== 'eq' && op !== 'all') {
    const what = items.length > 1 ? 'one value, not with a list' : `a number, not with '${last.text}'`;
    const { start } = items[1] ?? last;
    if (items.length > 1 || values[0]!.type !== 'number')
      report.fail('wrong-operator', { start, end }, `'${symbolOf(op)}' compares with ${what}`);
  }
  if (field.type === 'pair' && values.length !== 2) {
    const { start } = items[0]!;
    report.fail('bad-value', { start, end }, `pair requires two addresses or networks, got ${values.length}`);
  }
  return values;
}

/** Makes a test, negated if requested, and records its place. It counts towards the limit of predicates. */
export function makeTest(
  { name }: Field,
  { op, negated }: Comparison,
  values: readonly Value[],
  place: Span,
  report: Report,
): Filter {
  const { spans } = report;
  const { predicates } = report.limits;
  const test: Test = { kind: 'test', field: name as FieldName, op, values };
  spans.set(test, place);
  if (spans.size > predicates)
    report.stop('too-many-predicates', place, `a filter can have at most ${predicates} predicates`);
  return negated === true ? negate(test) : test;
}
