/** What a test asks of its field. Negation is not an operator but a node of its own. */
export type Operator = 'eq' | 'gt' | 'gte' | 'lt' | 'lte' | 'all' | 'exists';

/** Every spelling of each operator in an expression, in lower case; the first is the canonical one. */
export const SPELLINGS: Readonly<Record<Operator, string>> = {
  eq: '== eq in',
  gt: '> gt',
  gte: '>= gte ge',
  lt: '< lt',
  lte: '<= lte le',
  all: 'all',
  exists: 'exists',
};

/** How an operator is written in an expression. */
export const symbolOf = (op: Operator): string => SPELLINGS[op].split(' ')[0]!;

/** How an operator is written behind the dot of a query string's key. Equality needs no word there, but its negation does. */
export const keyWordOf = (op: Operator): string => (op === 'eq' ? 'not' : op);
