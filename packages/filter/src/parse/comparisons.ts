import { keyWordOf, type Operator, SPELLINGS } from '../language/operators.js';
import type { FilterIssueCode } from './issue.js';

/** The meaning of a sign or word between a field and a value. */
export interface Comparison {
  readonly op: Operator;
  readonly negated?: boolean;
}

export const EQUAL: Comparison = { op: 'eq' };
const UNEQUAL: Comparison = { op: 'eq', negated: true };
export const EXISTS: Comparison = { op: 'exists' };

const operators = Object.entries(SPELLINGS) as [Operator, readonly string[]][];

/** Every spelling of every operator in lower case, both signs and words. */
export const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['!=', UNEQUAL],
  ['ne', UNEQUAL],
  ...operators.flatMap(([op, words]) => words.map(word => [word, { op }] as const)),
]);

/** The words that can follow the dot of a query string's key. */
export const KEY_WORDS: ReadonlyMap<string, Comparison> = new Map(
  operators.map(([op]) => [keyWordOf(op), op === 'eq' ? UNEQUAL : { op }]),
);

const regular = ['unknown-operator', "regular expressions are not supported. Names accept '*'"] as const;

/** Operators of other languages: the code and message of the fault, and what was probably meant. */
export const MISTAKEN = new Map<string, readonly [code: FilterIssueCode, message: string, meant?: string]>([
  ['=', ['single-equals', "'=' compares nothing", '==']],
  ['not', ['unexpected', "'not' compares nothing", '!=']],
  ['~', regular],
  ['=~', regular],
  ['!~', regular],
]);
