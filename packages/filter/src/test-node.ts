import { ALL, type Filter, negate, type Test, type Value } from './ast.js';
import { type Field, operatorsOf } from './fields.js';
import type { Item } from './item.js';
import { type Operator, SPELLING } from './operator.js';
import type { Scope } from './report.js';
import { orList } from './suggest.js';
import { parseValue } from './value.js';

/** The operators that a field takes, as an expression writes them. */
export const symbolsOf = (field: Field): string[] =>
  operatorsOf(field).flatMap(op => (op === 'eq' ? ['==', '!='] : [SPELLING[op].symbol]));

/** Whether a field takes an operator; a fault over the given span when not. */
export function checkOperator(field: Field, op: Operator, start: number, end: number, scope: Scope): boolean {
  if (operatorsOf(field).includes(op)) return true;
  const symbols = symbolsOf(field);
  if (field.type === 'flag') {
    scope.fail('wrong-operator', start, end, `${field.name} is a word: '${field.name}' or 'not ${field.name}'`, {
      expected: [field.name, `not ${field.name}`],
    });
  } else {
    scope.fail(
      'wrong-operator',
      start,
      end,
      `${field.name} has no '${SPELLING[op].symbol}'; it takes ${orList(symbols)}`,
      {
        expected: symbols,
      },
    );
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
      items[limit]!.start,
      last.end,
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
        items[1]!.start,
        last.end,
        `'${SPELLING[op].symbol}' compares with one value, not with a list`,
      );
    if (values[0]!.type !== 'number')
      return scope.fail(
        'wrong-operator',
        last.start,
        last.end,
        `'${SPELLING[op].symbol}' compares with a number, not with '${last.text}'`,
      );
  }
  if (field.type === 'pair' && values.length !== 2)
    return scope.fail(
      'bad-value',
      items[0]!.start,
      last.end,
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
  start: number,
  end: number,
  scope: Scope,
): Filter {
  if (!scope.report.predicate(scope.at(start), scope.at(end))) return ALL;
  const test: Test = { kind: 'test', field: field.name, op, values };
  scope.report.spans.set(test, [scope.at(start), scope.at(end)]);
  return negated ? negate(test) : test;
}
