import type { Family, Flow } from '@conntrack/flow';

export type { FlowChange, FlowRef, NatRange, NewFlow } from '@conntrack/flow';

/** What a flush empties: everything, said so, or the entries of a family, zone or mark. */
export type FlushScope =
  | { all: true }
  | { all?: undefined; family?: Family; zone?: number; mark?: number; markMask?: number };

/** How far a change of many flows may go. */
export interface BulkOptions {
  /** At most this many matching flows, else nothing is changed (1,000 unless told). */
  maxAffected?: number;
  /** Exactly this many matching flows, else nothing is changed. */
  expect?: number;
  /** Count and show, change nothing. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** What a change of many flows came to. */
export interface BulkResult {
  dryRun: boolean;
  /** Flows that matched, those spared included. */
  matched: number;
  /** Flows deleted or updated. */
  changed: number;
  /** Flows that ended, or were replaced, before their turn came. */
  gone: number;
  failed: number;
  /** Flows under the table's `protect` filter, which are left alone. */
  skipped: number;
  /** Matching flows by protocol and, where it has one, state: `tcp ESTABLISHED`. */
  breakdown: Record<string, number>;
  /** Up to 100 of the matching flows, of a dry run. */
  sample?: Flow[];
  /** Why flows failed, each reason once, with how many. */
  failures: { reason: string; count: number }[];
  /** What the caller should know: the kernel re-creates TCP entries in mid-stream, say. */
  warnings: string[];
}
