import type { Flow } from '../flow/flow.js';

/** How many flows a change may hit. Skipped flows do not count. */
export interface Limits {
  /** At most this many flows, else nothing is changed (default: 1,000). */
  maxAffected?: number;
  /** So many flows, else nothing is changed. */
  expect?: number;
  /** How many flows more or less than `expect` are still right (default: 0). */
  tolerance?: number;
}

/** What a change of many flows came to. */
export interface BulkResult {
  dryRun: boolean;
  /** Flows that matched, skipped ones included. */
  matched: number;
  /** Flows deleted or updated. */
  changed: number;
  /** Flows that ended, or were replaced, before their turn came. */
  gone: number;
  failed: number;
  /** Skipped flows: under the table's `protect` filter, in the call's own `skip`, or, with `strict`, successors of their target. */
  skipped: number;
  /** Why flows were left alone, each reason once, with how many. */
  skips: { reason: string; count: number }[];
  /** Matching flows by protocol and, where it has one, state: `tcp ESTABLISHED`. */
  breakdown: Record<string, number>;
  /** Up to 100 of the matching flows, of a dry run. */
  sample?: Flow[];
  /** Why flows failed, each reason once, with how many. */
  failures: { reason: string; count: number }[];
  /** What the caller should know: the kernel re-creates TCP entries in mid-stream, say. */
  warnings: string[];
}

/** What carrying out a plan came to. */
export interface PlanResult extends BulkResult {
  /** Flows whose turn did not come: 0 unless it was stopped. */
  untried: number;
  verified?: Verification;
}

/** What a second look found. */
export interface Verification {
  /** Milliseconds that were waited. */
  after: number;
  /** Changed flows that were looked for. */
  looked: number;
  /** Of a delete: flows that have the tuple of a deleted one. Of an update: flows that no longer are as they were made. */
  back: number;
  /** Of `back`, those with the very id that was changed. For a delete: a source that did not do what it said, or the kernel giving the same place to a successor. */
  sameId: number;
  /** Up to 20 of them. */
  sample: Flow[];
}
