import type { Flow } from '../flow/flow.js';

/** What a page holds: flows, or what was made of them. */
export interface Page<Item = Flow> {
  items: Item[];
  /** For the next page; `null` when this was the last, or when a field that moves (bytes, packets, timeout, use) is sorted by. */
  next: string | null;
  /** Rows that match behind this page. */
  more: number;
  /** Rows looked at, and rows that match (all pages' together). */
  scanned: number;
  matched: number;
}

/** How many flows match each of many filters. */
export interface Counts<Name extends string = string> {
  counts: Record<Name, number>;
  /** Flows that match any of them. */
  matched: number;
  /** Rows looked at. */
  scanned: number;
}

/** What a group is weighed by; bytes and packets are of both directions together. */
export type Metric = 'flows' | 'bytes' | 'packets';

/** One group. */
export interface TopItem {
  /** The field's value as text; `-` for flows that have not got it. */
  group: string;
  /** Its sum; never too small, and too great by at most `error`. */
  value: number;
  error: number;
}

/** The heaviest groups. */
export interface Top {
  by: string;
  metric: Metric;
  items: TopItem[];
  /** There were more groups than `capacity`: sums may be too great by their `error`, and light groups may be missing. */
  approximate: boolean;
  /** How many groups there are; at least so many when approximate. */
  groups: number;
  /** The metric over all that match. */
  total: number;
  matched: number;
  scanned: number;
}
