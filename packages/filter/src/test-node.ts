import { ALL, type Filter, negate, type Test, type Value } from './ast.js';
import { type Field, operatorsOf } from './fields.js';
import type { Item } from './item.js';
import { type Operator, SPELLING } from './operator.js';
import type { Scope, Span } from './report.js';
import { orList } from './suggest.js';
import { parseValue } from './value.js';

/** The operators that a field takes, as an expression writes them. */
export const symbolsOf = (field: Field): string[] =>
  operatorsOf(field).flatMap(op => (op === 'eq' ? ['==', '!='] : [SPELLING[op].symbol]));

/** Whether a field takes an operator; a fault over the given span when not. */
export function checkOperator(field: Field, op: Operator, span: Span, scope: Scope): boolean {
  if (operatorsOf(field).includes(op)) return true;
  const symbols = symbolsOf(field);
  if (field.type === 'flag') {
    const words = [field.name, `not ${field.name}`];
    scope.fail('wrong-operator', span, `${field.name} is a word: ${orList(words)}`, [], words);
  } else {
    const message = `${field.name} has no '${SPELLING[op].symbol}'; it takes ${orList(symbols)}`;
    scope.fail('wrong-operator', span, message, [], symbols);
  }
  return false;
}

/** The values of a test, each fault reported; `undefined` when there was one. */
export function parseValues(field: Field, op: Operator, items: readonly Item[], scope: Scope): Value[] | undefined {
  const limit = scope.report.limits.values;
  const last = items.at(-1)!;
  if (items.length > limit)
    return scope.fail(
      'too-many-values',
      { start: items[limit]!.start, end: last.end },
      `a list has at most ${limit} values, this one ${items.length}`,
    );
  const values: Value[] = [];
  let whole = true;
  for (const item of items) {
    const value = parseValue(field, item, scope);
    if (value === undefined) whole = false;
    else values.push(value);
  }
  if (!whole) return undefined;
  if (op !== 'eq' && op !== 'all') {
    if (values.length > 1)
      return scope.fail(
        'wrong-operator',
        { start: items[1]!.start, end: last.end },
        `'${SPELLING[op].symbol}' compares with one value, not with a list`,
      );
    if (values[0]!.type !== 'number')
      return scope.fail(
        'wrong-operator',
        last,
        `'${SPELLING[op].symbol}' compares with a number, not with '${last.text}'`,
      );
  }
  if (field.type === 'pair' && values.length !== 2)
    return scope.fail(
      'bad-value',
      { start: items[0]!.start, end: last.end },
      `pair takes two addresses or networks, not ${values.length}`,
    );
  return values;
}

/** A test with its place noted, negated where asked; counts as a predicate. */
export function makeTest(
  field: Field,
  op: Operator,
  negated: boolean,
  values: readonly Value[],
  span: Span,
  scope: Scope,
): Filter {
  const place = scope.spanOf(span);
  if (!scope.report.predicate(place)) return ALL;
  const test: Test = { kind: 'test', field: field.name, op, values };
  scope.report.spans.set(test, place);
  return negated ? negate(test) : test;
}
