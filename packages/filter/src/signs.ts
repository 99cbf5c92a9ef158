import type { Token } from './lexer.js';
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

export const isAnd = ({ word }: Token): boolean => word === 'and' || word === '&&';
export const isOr = ({ word }: Token): boolean => word === 'or' || word === '||';
export const isNot = ({ word }: Token): boolean => word === 'not' || word === '!';

/** Whether a token is one sign. */
export const isSign = (token: Token, sign: string): boolean => token.word === sign;
