import type { Flow } from '../flow/flow.js';

/** One page of a list: flows, or values made from them. */
export interface Page<Item = Flow> {
  /** The items of the page, in order. */
  items: Item[];
  /**
   * Cursor of the next page; `null` on the last page, for a page with an `offset`, or if the list is sorted by a field that changes all the
   * time (bytes, packets, timeout, use).
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

/**
 * What groups are ranked by. Bytes, packets and rate (bytes a second, which only an index knows) are sums of both directions. `distinct` is the
 * number of distinct values in the group.
 */
export type Metric = 'flows' | 'bytes' | 'packets' | 'rate' | 'distinct';

/** One group of a ranking. */
export interface TopItem {
  /** The values of the fields as text, separated by spaces; `-` for a field that the flows do not have. */
  group: string;
  /** The values of the fields by name, as a flow's JSON has them; prefixes as text. A field that the flows do not have is absent. */
  values: Record<string, string | number | boolean>;
  /** The filter that selects exactly the flows of this group, as a query string. It contains the filter of the request. */
  filter: string;
  /** Sum of the group. Never too small; too large by at most `error`. For the metric `distinct`, see `distinct`. */
  value: number;
  /** How much too large `value` can be; 0 if it is exact. */
  error: number;
  /** Number of distinct values in the group. Present if requested. */
  distinct?: number;
  /** The real number of distinct values differs by no more than this with a probability of 95 %; 0 if it is exact. */
  distinctError?: number;
}

/** A ranking: the groups with the largest sums. */
export interface Ranking {
  /** The fields that flows are grouped by, in canonical form: `src/24,dport`. */
  by: string;
  /** The fields whose distinct values are counted, in canonical form. Present if requested. */
  distinct?: string;
  /** Whether there were too many distinct values to count them all, so that they are estimated from a sample. */
  distinctApproximate?: boolean;
  /** What groups are ranked by. */
  metric: Metric;
  /** The groups, largest first. */
  items: TopItem[];
  /** Whether there were more groups than `capacity`. Sums may then be too large by their `error`, and small groups may be missing. */
  approximate: boolean;
  /** Number of groups; a minimum if `approximate` is true. */
  groups: number;
  /** Sum of the metric over all flows that match. For `distinct`, sum over all groups. */
  total: number;
}

/** The groups with the largest sums, and what was read for them. */
export interface Top extends Ranking {
  matched: number;
  scanned: number;
}

/** Rows, groups and counts of the flows that match a filter, all from one scan. */
export interface Overview<Item = Flow> {
  /** The first flows, in order. */
  items: Item[];
  /** Number of matching flows after `items`. */
  more: number;
  /** The rankings, in the order of the request. */
  groups: Ranking[];
  /** Number of matching flows that also match each of the named filters. */
  counts: Record<string, number>;
  /** Number of flows that match, and number of rows read. */
  matched: number;
  scanned: number;
}
