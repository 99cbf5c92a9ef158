import type { Filter } from '@conntrack/filter';
import type { FlowChange } from '@conntrack/flow';
import type { BulkResult } from '@conntrack/flow/table';
import type { ChangeContext } from './change-context.js';
import type { LocalBulkOptions } from './change-options.js';
import { makePlan } from './plan.js';

/**
 * Changes (or, for `'delete'`, deletes) all matching flows: makes a plan and executes it at once. Nothing is changed before all targets are
 * known.
 */
export async function changeMany(
  context: ChangeContext,
  filter: Filter | readonly Filter[],
  change: FlowChange | 'delete',
  { dryRun = false, ...options }: LocalBulkOptions,
): Promise<BulkResult> {
  const plan = await makePlan(context, filter, change, dryRun ? options : { ...options, sample: 0 });
  const { matched, skipped, skips, breakdown, sample } = plan;
  if (dryRun)
    return {
      dryRun,
      matched,
      changed: 0,
      gone: 0,
      failed: 0,
      skipped,
      skips: [...skips],
      breakdown,
      failures: [],
      warnings: [],
      sample: [...sample],
    };
  const { notAttempted: _, ...result } = await plan.execute(options.signal ? { signal: options.signal } : {});
  return result;
}
