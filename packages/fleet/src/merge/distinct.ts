/** A number of distinct values that is between two bounds. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

export const boundsOf = ({
  distinct = 0,
  distinctError = 0,
}: {
  distinct?: number;
  distinctError?: number;
}): Bounds => ({
  lower: Math.max(0, distinct - distinctError),
  upper: distinct + distinctError,
});

/**
 * Returns the bounds of the number of distinct values in a union. Two parts may have the same values, or none in common: nodes and families
 * return numbers, not values.
 *
 * @param disjoint whether no value is in two parts
 */
export const unionOf = (parts: readonly Bounds[], disjoint: boolean): Bounds => ({
  lower: disjoint ? parts.reduce((sum, { lower }) => sum + lower, 0) : Math.max(0, ...parts.map(({ lower }) => lower)),
  upper: parts.reduce((sum, { upper }) => sum + upper, 0),
});

/** The middle of the bounds, and how far the real number can be from it. */
export const estimateOf = ({ lower, upper }: Bounds): { distinct: number; distinctError: number } => {
  const distinct = Math.round((lower + upper) / 2);
  return { distinct, distinctError: Math.max(distinct - lower, upper - distinct) };
};
