/** What a test asks of its field. Negation is no operator but a node of its own. */
export type Operator = 'eq' | 'gt' | 'gte' | 'lt' | 'lte' | 'all' | 'exists';

/** How each operator is written in an expression and in a query string's key. */
export const SPELLING: Readonly<Record<Operator, { readonly symbol: string; readonly key: string }>> = {
  eq: { symbol: '==', key: '' },
  gt: { symbol: '>', key: 'gt' },
  gte: { symbol: '>=', key: 'gte' },
  lt: { symbol: '<', key: 'lt' },
  lte: { symbol: '<=', key: 'lte' },
  all: { symbol: 'all', key: 'all' },
  exists: { symbol: 'exists', key: 'exists' },
};

/** What may stand behind the dot of a query string's key. */
export const KEY_WORDS: ReadonlySet<string> = new Set(
  ['not', ...Object.values(SPELLING).map(({ key }) => key)].filter(key => key !== ''),
);
