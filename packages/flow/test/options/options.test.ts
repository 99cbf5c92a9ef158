import { describe, expect, it } from 'vitest';
import {
  abortSignal,
  anything,
  callback,
  checkKeys,
  checkOptions,
  flag,
  listOf,
  type OptionRule,
  OptionsError,
  object,
  objectOf,
  oneOf,
  suggestion,
  text,
  whole,
} from '../../src/options/options.js';

const said = (check: () => void): string | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    expect(error).toMatchObject({ name: 'OptionsError', code: 'OPTION_INVALID' });
    return (error as Error).message;
  }
};
/** The error of a rule for an option `x` of a call `list`. */
const ruled = (rule: OptionRule, x: unknown): string | undefined =>
  said(() => checkOptions('list', { x }, { x: rule }));

describe('a rule', () => {
  const long = 'a'.repeat(41);
  it.each<[OptionRule, readonly unknown[], readonly (readonly [unknown, string])[]]>([
    [
      flag,
      [true, false, undefined],
      [
        ['true', "true or false, got 'true'"],
        [0, 'true or false, got 0'],
        [null, 'true or false, got null'],
        [[true], 'true or false, got a list'],
        [{}, 'true or false, got an object'],
      ],
    ],
    [
      text,
      ['', 'a'],
      [
        [1, 'text, got 1'],
        [['a'], 'text, got a list'],
      ],
    ],
    [
      object,
      [{}, { a: 1 }],
      [
        [null, 'an object, got null'],
        [[], 'an object, got a list'],
        ['a', "an object, got 'a'"],
        [() => {}, 'an object, got () => {'],
      ],
    ],
    [
      callback,
      [() => {}],
      [
        ['f', "a function, got 'f'"],
        [{}, 'a function, got an object'],
        [long, `a function, got '${'a'.repeat(40)}…'`],
        [long.slice(1), `a function, got '${'a'.repeat(40)}'`],
      ],
    ],
    [
      abortSignal,
      [new AbortController().signal],
      [
        [{}, 'an AbortSignal, got an object'],
        [null, 'an AbortSignal, got null'],
        [new AbortController(), 'an AbortSignal, got an object'],
        [() => {}, 'an AbortSignal, got () => {'],
      ],
    ],
    [
      whole(),
      [0, 1, Number.MAX_SAFE_INTEGER],
      [
        [-1, 'a whole number ≥ 0, got -1'],
        [1.5, 'a whole number ≥ 0, got 1.5'],
        ['1', "a whole number ≥ 0, got '1'"],
        [Number.NaN, 'a whole number ≥ 0, got NaN'],
        [Number.MAX_SAFE_INTEGER + 1, 'a whole number ≥ 0, got 9007199254740992'],
      ],
    ],
    [
      whole(255, 2),
      [2, 255],
      [
        [1, 'a whole number from 2 to 255, got 1'],
        [256, 'a whole number from 2 to 255, got 256'],
      ],
    ],
    [
      oneOf(['ipv4', 'ipv6']),
      ['ipv4', 'ipv6'],
      [
        ['ipv5', "'ipv4' or 'ipv6', got 'ipv5'. Did you mean 'ipv4'?"],
        ['elephant', "'ipv4' or 'ipv6', got 'elephant'"],
        [4, "'ipv4' or 'ipv6', got 4"],
      ],
    ],
    [
      listOf(whole(9)),
      [[], [0, 9]],
      [
        [1, 'a list, got 1'],
        [{ 0: 1 }, 'a list, got an object'],
      ],
    ],
    [anything, [1, 'a', {}, null], []],
  ])('rule %# accepts valid values, and its error names what it does not accept', (rule, good, bad) => {
    for (const value of good) expect(ruled(rule, value)).toBeUndefined();
    for (const [value, what] of bad) expect(ruled(rule, value)).toContain(`list: x must be ${what}`);
  });

  it('the error of a rule says where the value is: in a list, in an object, in both', () => {
    const inner = objectOf({ sport: whole(9), flags: listOf(oneOf(['a'])) });
    expect(ruled(listOf(whole(9)), [1, 2, 10])).toBe('list: x[2] must be a whole number from 0 to 9, got 10');
    expect(ruled(inner, { sport: 10 })).toBe('list: x.sport must be a whole number from 0 to 9, got 10');
    expect(ruled(inner, { flags: ['a', 'zzz'] })).toBe("list: x.flags[1] must be 'a', got 'zzz'");
    expect(ruled(inner, { sport: undefined })).toBeUndefined();
    expect(ruled(inner, { sprot: 1 })).toBe("list: x: unknown key 'sprot'. Did you mean 'sport'?");
    expect(ruled(inner, { constructor: 1 })).toBe("list: x: unknown key 'constructor'. Known: sport and flags");
    for (const [value, got] of [
      [[], 'a list'],
      [null, 'null'],
      [1, '1'],
    ])
      expect(ruled(inner, value)).toBe(`list: x must be an object, got ${got}`);
  });
});

describe('options', () => {
  it('options may be absent, must be an object, and may have known keys only', () => {
    const rules = { limit: whole(), reuse: flag };
    expect(said(() => checkOptions('list', undefined, rules))).toBeUndefined();
    expect(said(() => checkOptions('list', {}, rules))).toBeUndefined();
    expect(said(() => checkOptions('list', { limit: undefined }, rules))).toBeUndefined();
    expect(said(() => checkOptions('list', { limt: 1 }, rules))).toBe(
      "list: unknown key 'limt'. Did you mean 'limit'?",
    );
    expect(said(() => checkOptions('list', { mach: 1 }, rules))).toBe(
      "list: unknown key 'mach'. Known: limit and reuse",
    );
    for (const [options, got] of [
      [null, 'null'],
      [[], 'a list'],
      ['limit', "'limit'"],
    ])
      expect(said(() => checkOptions('list', options, rules))).toBe(`list: the options must be an object, got ${got}`);
  });

  it('the caller chooses the error for invalid options', () => {
    class Own extends Error {}
    const complain = (message: string) => new Own(message);
    expect(() => checkOptions('list', { a: 1 }, { b: flag }, complain)).toThrow(Own);
    expect(() => checkOptions('list', 1, { b: flag }, complain)).toThrow(Own);
    expect(() => checkOptions('list', { b: 1 }, { b: flag }, complain)).toThrow(Own);
    expect(() => checkKeys('list', { a: 1 }, { b: 0 }, complain)).toThrow(Own);
    expect(() => checkKeys('list', { b: 'x' }, { b: ['y'] }, complain)).toThrow(Own);
  });

  it('checkKeys checks keys and words without rules', () => {
    const keys = { format: ['xml', 'ndjson'], labels: 0 } as const;
    expect(said(() => checkKeys('formatFlow', undefined, keys))).toBeUndefined();
    expect(said(() => checkKeys('formatFlow', { format: 'xml', labels: 7 }, keys))).toBeUndefined();
    expect(said(() => checkKeys('formatFlow', { format: undefined }, keys))).toBeUndefined();
    expect(said(() => checkKeys('formatFlow', { format: 'csv' }, keys))).toBe(
      "formatFlow: format must be 'xml' or 'ndjson', got 'csv'",
    );
    expect(said(() => checkKeys('formatFlow', { lables: 1 }, keys))).toBe(
      "formatFlow: unknown key 'lables'. Did you mean 'labels'?",
    );
    expect(said(() => checkKeys('formatFlow', { toString: 1 }, keys))).toBe(
      "formatFlow: unknown key 'toString'. Known: format and labels",
    );
  });
});

it('a suggestion is the nearest known word, or else the list of all known words', () => {
  expect(suggestion('asured', ['ASSURED', 'EXPECTED'], 'Bits')).toBe(". Did you mean 'ASSURED'?");
  expect(suggestion('zzz', ['a', 'b', 'c'], 'Bits')).toBe('. Bits: a, b and c');
  expect(suggestion(7, ['a', 'b'], 'Bits')).toBe('. Bits: a and b');
});
