import { describe, expect, it } from 'vitest';
import { anyOf as anyTest } from '../../src/compile/any-of.js';
import { compileTree, costOf } from '../../src/compile/compile-tree.js';
import type { Filter, Test } from '../../src/index.js';
import type { FieldType } from '../../src/language/field.js';

/** A test with the name of its field, whose cost is its value. */
const test = (field: string, cost: number): Test<string> => ({
  kind: 'test',
  field,
  op: 'eq',
  values: [{ type: 'number', value: cost }],
});

/** Evaluates a filter over a set of names that are true; returns the result, and the tests that it called in order. */
function run(filter: Filter<string>, ...holds: readonly string[]): [boolean, string] {
  const asked: string[] = [];
  const predicate = compileTree<void>(filter, ({ field, values: [value] }) => ({
    test: () => {
      asked.push(field);
      return holds.includes(field);
    },
    cost: value?.type === 'number' ? value.value : 0,
  }));
  return [predicate(), asked.join(' ')];
}
const and = (...terms: readonly Filter<string>[]): Filter<string> => ({ kind: 'and', terms });
const or = (...terms: readonly Filter<string>[]): Filter<string> => ({ kind: 'or', terms });
const not = (term: Filter<string>): Filter<string> => ({ kind: 'not', term });
const all: Filter<string> = { kind: 'all' };
const [a, b, c] = [test('a', 3), test('b', 1), test('c', 2)];

describe('the order of tests', () => {
  it('tests run from cheap to expensive, and end with the first that decides', () => {
    expect(run(and(a, b, c), 'a', 'b', 'c')).toEqual([true, 'b c a']);
    expect(run(and(a, b, c), 'a', 'b')).toEqual([false, 'b c']);
    expect(run(or(a, b, c))).toEqual([false, 'b c a']);
    expect(run(or(a, b, c), 'c')).toEqual([true, 'b c']);
  });
  it('a group costs the sum of its tests, and a negated test costs as much as the test', () => {
    expect(run(and(or(b, c), test('d', 2)))).toEqual([false, 'd']);
    expect(run(or(and(b, c), test('d', 4)), 'b', 'c')).toEqual([true, 'b c']);
    expect(run(and(not(a), c))).toEqual([false, 'c']);
    expect(run(or(not(b), c))).toEqual([true, 'b']);
  });
  it('tests of equal cost keep their order', () => {
    expect(run(and(test('y', 1), test('x', 1), test('z', 1)), 'x', 'y', 'z')).toEqual([true, 'y x z']);
  });
  it('a header is read before an address, an address before NAT, and strings last', () => {
    const rising: FieldType[] = ['family', 'protocol', 'port', 'state', 'address', 'pair', 'label', 'time', 'text'];
    const costs = rising.map(costOf);
    expect(costs).toEqual([...costs].sort((one, other) => one - other));
    expect(new Set(costs).size).toBe(rising.length);
    const alike: [FieldType, FieldType][] = [
      ['flag', 'port'],
      ['nat', 'pair'],
      ['name', 'pair'],
      ['number', 'state'],
      ['status', 'state'],
    ];
    for (const [one, other] of alike) expect(costOf(one)).toBe(costOf(other));
  });
});

describe('constants', () => {
  it.each<[string, Filter<string>, boolean]>([
    ['all', all, true],
    ['not all', not(all), false],
    ['and of nothing', and(), true],
    ['or of nothing', or(), false],
    ['and of all', and(all, all), true],
    ['or with all', or(a, all), true],
    ['and with not all', and(a, not(all)), false],
    ['or of not all', or(not(all)), false],
    ['not of an or with all', not(or(a, all)), false],
  ])('%s evaluates no test, and is %s', (_, filter, expected) => {
    expect(run(filter)).toEqual([expected, '']);
  });
  it('constants are removed beside tests', () => {
    expect(run(and(all, a), 'a')).toEqual([true, 'a']);
    expect(run(or(not(all), a))).toEqual([false, 'a']);
    expect(run(and(b, and(a, not(all))))).toEqual([false, '']);
    expect(run(or(b, and(a, not(all))), 'a')).toEqual([false, 'b']);
  });
});

it('a test for all of its values checks them one by one', () => {
  const asked: unknown[] = [];
  const values = [1, 2, 3].map(value => ({ type: 'number', value }) as const);
  const predicate = compileTree<void>({ kind: 'test', field: 'status', op: 'all', values }, each => {
    asked.push([each.op, each.values]);
    return { test: () => each.values[0] !== values[2], cost: 0 };
  });
  expect(asked).toEqual(values.map(value => ['eq', [value]]));
  expect(predicate()).toBe(false);
});

it('a choice of no predicates is never true', () => {
  expect(anyTest<number>([])(1)).toBe(false);
  expect(anyTest<number>([value => value === 1, value => value === 2])(2)).toBe(true);
});
