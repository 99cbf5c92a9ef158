import type { BulkResult } from '@conntrack/flow/table';
import type { BulkOptions, PlanOptions } from '@conntrack/table';
import type { FleetPlan } from './fleet-plan.js';

/** Makes a plan and executes it at once; a dry run shows it instead. */
export async function changeMany(
  { dryRun = false, ...options }: BulkOptions,
  make: (options: PlanOptions) => Promise<FleetPlan>,
): Promise<BulkResult> {
  const plan = await make(dryRun ? options : { ...options, sample: 0 });
  if (dryRun) return plan.preview();
  const { notAttempted: _, ...result } = await plan.execute(options.signal ? { signal: options.signal } : {});
  return result;
}
