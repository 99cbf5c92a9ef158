import type { Family, Flow, FlowCursor } from '@conntrack/flow';

export type { FlowChange, FlowRef, NatRange, NewFlow } from '@conntrack/flow';

/** What a flush empties: everything, said so, or the entries of a family, zone (of both directions, or of one) or mark. */
export type FlushScope =
  | { all: true }
  | { all?: undefined; family?: Family; zone?: number; mark?: number; markMask?: number };

/** How many flows a change may hit. Those that are spared do not count. */
export interface Limits {
  /** At most this many flows, else nothing is changed (1,000 unless told). */
  maxAffected?: number;
  /** So many flows, else nothing is changed. */
  expect?: number;
  /** How many flows more or less than `expect` are still right (0 unless told). */
  tolerance?: number;
}

/** How far a change of many flows may go. */
export interface BulkOptions extends Limits {
  /** Flows that this call leaves alone, beside those under the table's `protect` filter: the caller's own connection, say. */
  spare?: (cursor: FlowCursor) => boolean;
  /**
   * Look at each flow again just before its turn, and skip it where something shows that another connection took its place: another start time or mark,
   * lower counters, ASSURED or SEEN_REPLY lost. Each target costs one look-up more. A connection that takes over within the microseconds between
   * look-up and change is still hit.
   */
  strict?: boolean;
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
  /** Flows that were left alone: under the table's `protect` filter, spared by the call, or seen to be successors by a `strict` one. */
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
