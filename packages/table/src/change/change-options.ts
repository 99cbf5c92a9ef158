import type { FlowCursor } from '@conntrack/flow';
import { anything, callback, flag, type OptionRules, whole } from '@conntrack/flow/checks';
import { OPERATION_RULES } from '../option-rules.js';
import type { BulkOptions, PlanOptions } from '../table-options.js';
/** An option for changes that only a caller in this process can give. */
export interface SkipOption {
  /** Flows that this call skips, in addition to those that match the table's `protect` filter. For example, the caller's own connection. */
  skip?: (cursor: FlowCursor) => boolean;
}

/** Options of a change of many flows in this process. */
export type LocalBulkOptions = BulkOptions & SkipOption;
// checkLimits checks the numbers, because a limit may be infinite.
export const BULK_RULES: OptionRules<LocalBulkOptions> = {
  ...OPERATION_RULES,
  maxAffected: anything,
  expect: anything,
  tolerance: anything,
  skip: callback,
  dryRun: flag,
  strict: flag,
};

/** Options of a plan in this process. */
export interface LocalPlanOptions extends PlanOptions, SkipOption {
  /** Milliseconds until the plan expires. Default: 60,000. */
  life?: number;
}
const { dryRun: _, ...PLANNED } = BULK_RULES;
export const PLAN_RULES: OptionRules<LocalPlanOptions> = { ...PLANNED, life: anything, sample: whole() };
