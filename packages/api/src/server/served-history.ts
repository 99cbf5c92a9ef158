import type { Certainty, TimeRange } from '@conntrack/flow/table';
import type { LocalTable } from '@conntrack/table';

/** The flows of a span of time, and what answers about them leave open. */
export interface PastTable extends LocalTable {
  /** Known after the first answer. */
  readonly certainty: Certainty;
  view(options: Parameters<LocalTable['view']>[0]): PastTable;
}

/** Numbers of a recorder, for the metrics. */
export interface RecorderNumbers {
  /** Whether rows are written now. */
  readonly writing: boolean;
  /** Rows on the disk, rows that were lost, and gaps that were recorded, since the start. */
  readonly written: number;
  readonly dropped: number;
  readonly gaps: number;
  /** Files and bytes of the history. */
  readonly files: number;
  readonly bytes: number;
}

/** A recorded past that a server answers from. `@conntrack/history` has one. */
export interface ServedHistory {
  /** Returns the flows that existed at any moment of a span of time. */
  table(range: TimeRange): PastTable;
  /** The numbers of its recorder, if this process records. */
  numbers?(): RecorderNumbers;
}
