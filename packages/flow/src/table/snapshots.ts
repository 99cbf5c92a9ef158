import type { Flow } from '../flow/flow.js';
import type { TableErrorCode } from './errors.js';

/**
 * The format of a snapshot. `ndjson` keeps everything. `save` is conntrack(8)'s `-o save` with marks, for `conntrack -R`; `LOSSES` of
 * `@conntrack/parser/presets` lists what it lacks.
 */
export type SnapshotFormat = 'ndjson' | 'save';

/** One reason why entries were refused. */
export interface Refusal {
  /** Code of the error with which the source refused the flows. */
  code: TableErrorCode;
  /** The reason, as one sentence. */
  reason: string;
  /** Number of flows. */
  count: number;
  /** Up to 5 of the refused flows. */
  examples: Flow[];
}

/** The result of restoring a snapshot. */
export interface RestoreReport {
  /** Number of flows read. */
  read: number;
  /** Number of entries created. */
  created: number;
  /** Number of entries that would be created; only in a dry run. */
  ready?: number;
  /** Number of flows whose tuple already has an entry, which was not changed. */
  existed: number;
  /** Number of flows that the source refused. */
  refused: number;
  /** Why flows were refused: each reason once, with the number of flows. After 50 reasons the last item stands for all others. */
  refusals: Refusal[];
  /** Number of lines that could not be read. */
  badLines: number;
  /** What the created entries lack of the flows in the snapshot (counters, start times …), each with the number of entries. */
  lost: Record<string, number>;
}
