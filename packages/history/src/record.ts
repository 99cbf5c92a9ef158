import type { Flow, FlowCursor } from '@conntrack/flow';

/**
 * What a row of the history reports about a flow, by number as {@link RecordCursor.kind} returns it:
 *
 * - `end`: the flow ended. Its counters are final.
 * - `start`: the flow began.
 * - `nat`: the flow began, and its addresses or ports are translated: the mapping is valid from now on.
 * - `interim`: the flow still runs. Its counters are totals so far. Long flows have such a row every 30 minutes.
 */
export const ROW_KINDS = ['end', 'start', 'nat', 'interim'] as const;
/** What a row of the history reports about a flow. */
export type RowKind = (typeof ROW_KINDS)[number];

/**
 * A cursor over recorded rows. It stands before the first row, and on one row at a time: keep only the numbers and strings that it returned.
 * As in every `FlowCursor`, −1 and `undefined` mean that the source did not give the field.
 */
export interface RecordCursor extends FlowCursor {
  /** Moves to the next row; returns false at the end. */
  next(): boolean;
  /** Returns the position of the row's kind in {@link ROW_KINDS}. */
  kind(): number;
  /**
   * Returns when it happened, in milliseconds since 1970, with fractions: the kernel's end time for an end, its start time for a start or a
   * NAT mapping. If the kernel did not give it (`nf_conntrack_timestamp` is 0), the time at which the event arrived.
   */
  time(): number;
  /** Returns the whole flow as an object. Only this method makes one. */
  flow(): Flow;
}

/**
 * Why rows are missing in a span of time:
 *
 * - `kernel`: the kernel dropped events, because they were not read fast enough.
 * - `stopped`: the recorder did not run.
 * - `killed`: the recorder was killed, and what it had not yet written is lost.
 * - `disk`: the history could not be written: the disk was full, or failed.
 * - `overload`: events arrived faster than they could be written.
 * - `clock`: the clock of the host was set. Times within the span occur twice or not at all.
 */
export type GapCause = 'kernel' | 'stopped' | 'killed' | 'disk' | 'overload' | 'clock';

/** A span of time in which rows may be missing. */
export interface Gap {
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Milliseconds since 1970. */
  readonly to: number;
  readonly cause: GapCause;
  /** What happened, in one sentence. */
  readonly reason: string;
  /** The rows that may be missing: `starts` are starts and NAT mappings. Default: rows of every kind. */
  readonly of?: 'ends' | 'starts';
  /** How many rows are missing, if that is known. */
  readonly rows?: number;
}

/** Rows as a recorder hands them out. */
export interface RecordBatch {
  /** Number of rows. */
  readonly rows: number;
  /** Returns a cursor before the first row. Each call returns a new one. */
  cursor(): RecordCursor;
  /** Gaps that became known after these rows. */
  readonly gaps: readonly Gap[];
}
