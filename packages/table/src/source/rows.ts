import type { Flow, FlowCursor, FlowRef } from '@conntrack/flow';
import type { EntryFormat } from '@conntrack/netlink/text';

/** A cursor over the rows of one batch. It stands before the first row. */
export interface RowCursor extends FlowCursor {
  /** Move to the next row; false at the end. */
  next(): boolean;
  /** The row as a whole; the only call that builds an object. */
  flow(): Flow;
  /** What finds this row again, and nothing else. */
  ref(): FlowRef;
  /**
   * Writes the row into `out` without an object, where the source can; see `entryFormat` of `@conntrack/netlink/text`. Answers where it ends; `NO_ROOM` where
   * there may not be room enough (nearly all rows take less than 4 KiB), `NEEDS_FLOW` for a row that the format writes from its flow.
   */
  write?(format: EntryFormat, out: Uint8Array, at: number): number;
}

/** Rows as they came from the source: good until the next ones are asked for. */
export interface RowBatch {
  cursor(): RowCursor;
  /** Rows to skip: an earlier dump of the same scan had them. */
  isRepeated?(cursor: FlowCursor): boolean;
}
