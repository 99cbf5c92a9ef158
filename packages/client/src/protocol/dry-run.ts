import type { BulkAnswer, PlanAnswer } from './answers.js';

/** Converts a plan to the response to a dry run of a bulk change. */
export function dryRunOf(plan: PlanAnswer): BulkAnswer {
  const { change, matched, skipped, skips, breakdown, sample, state, id, expires, execute, refusal } = plan;
  return {
    [change === 'delete' ? 'deleted' : 'updated']: 0,
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
    plan: { state, id, expires, execute, ...(refusal && { refusal }) },
  };
}
