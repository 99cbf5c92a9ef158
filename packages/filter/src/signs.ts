import type { Operator } from './operator.js';

/** What a sign or word between field and value means. */
export interface Comparison {
  readonly op: Operator;
  readonly negated?: true;
}

const spellings: readonly [words: string, comparison: Comparison][] = [
  ['== eq in', { op: 'eq' }],
  ['!= ne', { op: 'eq', negated: true }],
  ['> gt', { op: 'gt' }],
  ['>= gte ge', { op: 'gte' }],
  ['< lt', { op: 'lt' }],
  ['<= lte le', { op: 'lte' }],
  ['all', { op: 'all' }],
  ['exists', { op: 'exists' }],
];

/** Every spelling of every operator in lower case; signs and words alike. */
export const COMPARISONS: ReadonlyMap<string, Comparison> = new Map(
  spellings.flatMap(([words, comparison]) => words.split(' ').map(word => [word, comparison] as const)),
);
