import type { Flow } from '../flow/flow.js';
import type { TableErrorCode } from './errors.js';

/** `ndjson` keeps everything; `save` is conntrack(8)'s `-o save` with marks, for `conntrack -R`: see `LOSSES` of `@conntrack/parser/presets` for what it lacks. */
export type SnapshotFormat = 'ndjson' | 'save';

/** A reason for which entries were refused. */
export interface Refusal {
  code: TableErrorCode;
  reason: string;
  count: number;
  /** Up to 5 of them. */
  examples: Flow[];
}

/** What became of a snapshot. */
export interface RestoreReport {
  /** Flows read. */
  read: number;
  /** Entries made. */
  created: number;
  /** Of a dry run: entries that would be made. */
  ready?: number;
  /** Flows whose tuple has an entry already, which was left as it is. */
  existed: number;
  /** Flows that the source refused. */
  refused: number;
  /** Why, each reason with how many; of more than 50 reasons the last one stands for all others. */
  refusals: Refusal[];
  badLines: number;
  /** What entries that were made lack of the flow they were made from, with how many: counters, start times … */
  lost: Record<string, number>;
}
