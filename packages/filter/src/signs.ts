import type { FilterIssueCode } from './issue.js';
import type { Operator } from './operator.js';

/** What a sign or word between field and value means. */
export interface Comparison {
  readonly op: Operator;
  readonly negated?: boolean;
}

export const EQUAL: Comparison = { op: 'eq' };
export const EXISTS: Comparison = { op: 'exists' };

const spellings: readonly [words: string, comparison: Comparison][] = [
  ['== eq in', EQUAL],
  ['!= ne', { op: 'eq', negated: true }],
  ['> gt', { op: 'gt' }],
  ['>= gte ge', { op: 'gte' }],
  ['< lt', { op: 'lt' }],
  ['<= lte le', { op: 'lte' }],
  ['all', { op: 'all' }],
  ['exists', EXISTS],
];

/** Every spelling of every operator in lower case; signs and words alike. */
export const COMPARISONS: ReadonlyMap<string, Comparison> = new Map(
  spellings.flatMap(([words, comparison]) => words.split(' ').map(word => [word, comparison] as const)),
);

const regular = ['unknown-operator', "there are no regular expressions; names take '*'"] as const;

/** What stands in other languages between field and value, what is said of it, and what was likely meant. */
export const MISTAKEN = new Map<string, readonly [code: FilterIssueCode, message: string, meant?: string]>([
  ['=', ['single-equals', "'=' compares nothing", '==']],
  ['not', ['unexpected', "'not' compares nothing", '!=']],
  ['~', regular],
  ['=~', regular],
  ['!~', regular],
]);
