/** What a test asks of its field. Negation is a node of the tree, not an operator. */
export type Operator = 'eq' | 'gt' | 'gte' | 'lt' | 'lte' | 'all' | 'exists';

/** Every spelling of each operator in an expression, in lower case. The first one is canonical. */
export const SPELLINGS: Readonly<Record<Operator, readonly [string, ...string[]]>> = {
  eq: ['==', 'eq', 'in'],
  gt: ['>', 'gt'],
  gte: ['>=', 'gte', 'ge'],
  lt: ['<', 'lt'],
  lte: ['<=', 'lte', 'le'],
  all: ['all'],
  exists: ['exists'],
};

/** Returns the canonical spelling of an operator in an expression. */
export const symbolOf = (op: Operator): string => SPELLINGS[op][0];

/** Returns the spelling of an operator after the dot of a query string's key. Equality has none there, but its negation is `not`. */
export const keyWordOf = (op: Operator): string => (op === 'eq' ? 'not' : op);
