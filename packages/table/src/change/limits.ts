import { type Limits, TableError } from '@conntrack/flow/table';

/** If more flows match, they are changed only if the caller gives a limit. */
export const DEFAULT_MAX_AFFECTED = 1000;

const expected = ({ expect, tolerance = 0 }: Limits): string =>
  tolerance === 0 ? String(expect) : `${expect} (± ${tolerance})`;

/** Refuses limits that are not numbers: they would compare as if there were no limit. @throws TableError INVALID_CHANGE */
export function checkLimits(limits: Limits & { life?: number }): void {
  for (const name of ['maxAffected', 'expect', 'tolerance', 'life'] as const) {
    const value = limits[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new TableError('INVALID_CHANGE', `${name} must be a number ≥ 0, got ${String(value)}`);
  }
}

const flows = (count: number, singular: string, plural: string): string =>
  count === 1 ? `1 flow ${singular}` : `${count} flows ${plural}`;

/** Returns why this number of flows may not be changed (an error with TOO_MANY_AFFECTED or EXPECT_MISMATCH); `undefined` if it may. */
export function refusalOf(affected: number, limits: Limits): TableError | undefined {
  const { maxAffected = DEFAULT_MAX_AFFECTED, expect, tolerance = 0 } = limits;
  if (affected > maxAffected)
    return new TableError(
      'TOO_MANY_AFFECTED',
      `${flows(affected, 'matches', 'match')} and at most ${maxAffected} can be changed; nothing was changed. Narrow the filter or raise maxAffected`,
      { matched: affected },
    );
  if (expect !== undefined && Math.abs(affected - expect) > tolerance)
    return new TableError(
      'EXPECT_MISMATCH',
      `${flows(affected, 'would', 'would')} be changed where ${expected(limits)} were expected; nothing was changed. Skipped flows do not count`,
      { matched: affected },
    );
  return undefined;
}
