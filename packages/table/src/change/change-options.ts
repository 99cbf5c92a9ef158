import type { FlowCursor } from '@conntrack/flow';
import { anything, callback, flag, type OptionRules, whole } from '@conntrack/flow/checks';
import { OPERATION_RULES } from '../option-rules.js';
import type { BulkOptions, PlanOptions } from '../table-options.js';
/** What only a caller in this process can say of a change. */
export interface SkipOption {
  /** Flows that this call skips, beside those under the table's `protect` filter: the caller's own connection, say. */
  skip?: (cursor: FlowCursor) => boolean;
}

/** How a change of many flows is made in this process. */
export type LocalBulkOptions = BulkOptions & SkipOption;
// Numbers are checked by checkLimits, which allows an infinite limit.
export const BULK_RULES: OptionRules<LocalBulkOptions> = {
  ...OPERATION_RULES,
  maxAffected: anything,
  expect: anything,
  tolerance: anything,
  skip: callback,
  dryRun: flag,
  strict: flag,
};

/** How a plan is made in this process. */
export interface LocalPlanOptions extends PlanOptions, SkipOption {
  /** Milliseconds until it expires. Default: 60,000. */
  life?: number;
}
const { dryRun: _, ...PLANNED } = BULK_RULES;
export const PLAN_RULES: OptionRules<LocalPlanOptions> = { ...PLANNED, life: anything, sample: whole() };
