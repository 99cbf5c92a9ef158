import { ALL, type Filter, negate, type Test, type Value } from './ast.js';
import { type Field, operatorsOf } from './fields.js';
import type { Token } from './lexer.js';
import { type Operator, SPELLING } from './operator.js';
import type { Report } from './report.js';
import { orList } from './suggest.js';
import { parseValue } from './value.js';

/** The operators that a field takes, as an expression writes them. */
export const symbolsOf = (field: Field): string[] =>
  operatorsOf(field).flatMap(op => (op === 'eq' ? ['==', '!='] : SPELLING[op].symbol));

/** Whether a field takes an operator; a fault over the given places when not. */
export function checkOperator(field: Field, op: Operator, start: number, end: number, report: Report): boolean {
  if (operatorsOf(field).includes(op)) return true;
  const { name } = field;
  const flag = field.type === 'flag';
  const expected = flag ? [name, `not ${name}`] : symbolsOf(field);
  const what = flag ? `is a word: ` : `has no '${SPELLING[op].symbol}'; it takes `;
  report.fail('wrong-operator', start, end, `${name} ${what}${orList(expected)}`, [], expected);
  return false;
}

/** The fault of a list that is too long. */
export const tooMany = (count: number, start: number, end: number, report: Report): undefined =>
  report.fail('too-many-values', start, end, `a list has at most ${report.limits.values} values, this one ${count}`);

/** The values of a test, each fault reported; `undefined` when there was one. */
export function parseValues(field: Field, op: Operator, items: readonly Token[], report: Report): Value[] | undefined {
  const { values: limit } = report.limits;
  const { text, start, end } = items.at(-1)!;
  if (items.length > limit) return tooMany(items.length, items[limit]!.start, end, report);
  const values = items.map(item => parseValue(field, item, report)).filter(value => value !== undefined);
  if (values.length < items.length) return undefined;
  if (op !== 'eq' && op !== 'all') {
    const list = items.length > 1;
    const what = list ? 'one value, not with a list' : `a number, not with '${text}'`;
    if (list || values[0]!.type !== 'number')
      return report.fail(
        'wrong-operator',
        list ? items[1]!.start : start,
        end,
        `'${SPELLING[op].symbol}' compares with ${what}`,
      );
  }
  if (field.type === 'pair' && values.length !== 2) {
    const message = `pair takes two addresses or networks, not ${values.length}`;
    return report.fail('bad-value', items[0]!.start, end, message);
  }
  return values;
}

/** What a test is made of. */
export interface Draft {
  field: Field;
  op: Operator;
  negated: boolean;
  values: Value[];
  start: number;
  end: number;
}

/** A test with its place noted, negated where asked; counts as a predicate. */
export function makeTest({ field, op, negated, values, start, end }: Draft, report: Report): Filter {
  const { limits, spans } = report;
  const test: Test = { kind: 'test', field: field.name, op, values };
  spans.set(test, [start, end]);
  if (spans.size <= limits.predicates) return negated ? negate(test) : test;
  if (spans.size === limits.predicates + 1)
    report.fail('too-many-predicates', start, end, `a filter has at most ${limits.predicates} predicates`);
  return ALL;
}
