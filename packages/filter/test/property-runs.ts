import type { Parameters } from 'fast-check';

/**
 * How often a property is tried. `pnpm run mutate` sets CONNTRACK_PROPERTY_RUNS: it tries each property once for every mutant, and only
 * needs to know that one fails, so inputs are fewer, the same each time, and not shrunk.
 */
export function runs<T>(numRuns: number): Parameters<T> {
  const most = process.env.CONNTRACK_PROPERTY_RUNS;
  return most === undefined ? { numRuns } : { numRuns: Math.min(numRuns, Number(most)), seed: 1, endOnFailure: true };
}
