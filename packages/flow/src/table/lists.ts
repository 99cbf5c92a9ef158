import type { Flow } from '../flow/flow.js';

/** One page of a list: flows, or values made from them. */
export interface Page<Item = Flow> {
  /** The items of the page, in order. */
  items: Item[];
  /**
   * Cursor of the next page; `null` on the last page, or if the list is sorted by a field that changes all the time (bytes, packets,
   * timeout, use).
   */
  next: string | null;
  /** Number of matching rows after this page. */
  more: number;
  /** Number of rows read, and number of rows that match (on all pages). */
  scanned: number;
  matched: number;
}

/** How many flows match each of several filters. */
export interface Counts<Name extends string = string> {
  /** Number of flows that match each filter, by its name. */
  counts: Record<Name, number>;
  /** Number of flows that match at least one filter. */
  matched: number;
  /** Number of rows read. */
  scanned: number;
}

/** What groups are ranked by. Bytes and packets are sums of both directions. */
export type Metric = 'flows' | 'bytes' | 'packets';

/** One group of a ranking. */
export interface TopItem {
  /** The value of the field as text; `-` for flows that do not have it. */
  group: string;
  /** Sum of the group. Never too small; too large by at most `error`. */
  value: number;
  /** How much too large `value` can be; 0 if it is exact. */
  error: number;
}

/** The groups with the largest sums. */
export interface Top {
  /** The field that flows are grouped by. */
  by: string;
  /** What groups are ranked by. */
  metric: Metric;
  /** The groups, largest first. */
  items: TopItem[];
  /** Whether there were more groups than `capacity`. Sums may then be too large by their `error`, and small groups may be missing. */
  approximate: boolean;
  /** Number of groups; a minimum if `approximate` is true. */
  groups: number;
  /** Sum of the metric over all flows that match. */
  total: number;
  matched: number;
  scanned: number;
}
