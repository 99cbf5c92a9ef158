import type { PlanResult } from '@conntrack/flow/table';
import type { SelectedTargets } from './select-targets.js';

/** Counts by reason, as a result lists them. */
export const countsOf = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([reason, count]) => ({ reason, count }));

/** The counts of a plan before anything is changed. */
export const resultOf = (found: SelectedTargets): PlanResult => ({
  dryRun: false,
  matched: found.matched,
  changed: 0,
  gone: 0,
  failed: 0,
  skipped: found.matched - found.affected,
  breakdown: Object.fromEntries([...found.breakdown].sort(([, one], [, other]) => other - one)),
  failures: [],
  warnings: [],
  skips: countsOf(found.skips),
  notAttempted: found.affected,
});
