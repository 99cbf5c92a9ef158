import type { Flow } from '../flow/flow.js';
import type { FleetMeta, NodeOutcome } from './fleet.js';

/** Limits on how many flows a change may affect. Skipped flows do not count. */
export interface Limits {
  /** Maximum number of flows. If more match, nothing is changed (default: 1,000). */
  maxAffected?: number;
  /** Exact number of flows. If another number matches, nothing is changed. */
  expect?: number;
  /** How far the number may differ from `expect` (default: 0). */
  tolerance?: number;
}

/** The result of a change of many flows. */
export interface BulkResult {
  /** Whether this was a dry run, which changes nothing. */
  dryRun: boolean;
  /** Number of flows that matched, skipped flows included. */
  matched: number;
  /** Number of flows that were deleted or updated. */
  changed: number;
  /** Number of flows that ended, or were replaced, before they could be changed. */
  gone: number;
  /** Number of flows whose change failed. */
  failed: number;
  /** Number of skipped flows: they match the table's `protect` filter or the call's `skip`, or (with `strict`) are successors of their target. */
  skipped: number;
  /** Why flows were skipped: each reason once, with the number of flows. */
  skips: { reason: string; count: number }[];
  /** Number of matching flows by protocol and, if it has one, state: `tcp ESTABLISHED`. */
  breakdown: Record<string, number>;
  /** Up to 100 of the matching flows; only in the result of a dry run. */
  sample?: Flow[];
  /** Why flows failed: each reason once, with the number of flows. */
  failures: { reason: string; count: number }[];
  /** What each node of a fleet did. Absent for the table of one host. */
  nodes?: NodeOutcome[];
  /** Which nodes of a fleet the answer is about. Absent for the table of one host. */
  fleet?: FleetMeta;
  /** What the caller should know, for example that the kernel re-creates TCP entries in mid-stream. */
  warnings: string[];
}

/** The result of executing a plan. */
export interface PlanResult extends BulkResult {
  /** Number of flows that were not attempted; 0 if the execution was not stopped. */
  notAttempted: number;
  /** The second look-up of the changed flows, if it was requested. */
  verified?: Verification;
}

/** The result of looking up the changed flows again. */
export interface Verification {
  /** Milliseconds between the change and the look-up. */
  after: number;
  /** Number of changed flows that were looked up. */
  looked: number;
  /** After a delete: number of flows that have the tuple of a deleted flow. After an update: number of flows that no longer have the new values. */
  back: number;
  /**
   * Number of flows in `back` that also have the id of the changed flow. After a delete this means that the source did not delete the flow, or
   * that the kernel gave its place in memory to a successor.
   */
  sameId: number;
  /** Up to 20 of the flows counted in `back`. */
  sample: Flow[];
}
