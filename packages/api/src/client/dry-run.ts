import type { BulkAnswer, PlanAnswer } from './answers.js';

/** A plan as the dry run of a bulk change would have answered it. */
export function dryRunOf({ matched, skipped, skips, breakdown, sample, ...plan }: PlanAnswer): BulkAnswer {
  const { id, expires, execute, refusal } = plan;
  return {
    dryRun: true,
    matched,
    gone: 0,
    failed: 0,
    failures: [],
    warnings: [],
    skipped,
    skips: [...skips],
    breakdown: { ...breakdown },
    sample: [...sample],
    plan: { id, expires, execute, ...(refusal && { refusal }) },
  };
}
