import type { Flow, FlowCursor, FlowRef } from '@conntrack/flow';
import type { EntryFormat } from '@conntrack/netlink/text';

/** A cursor over the rows of one batch. It stands before the first row. */
export interface RowCursor extends FlowCursor {
  /** Moves to the next row; returns false at the end. */
  next(): boolean;
  /** Limits the cursor: {@link next} stops only on rows for which the function returns true. Returns this cursor. */
  only(allowed: (row: FlowCursor) => boolean): this;
  /** Returns the whole row. Only this method makes an object. */
  flow(): Flow;
  /** Returns a reference that identifies this row. */
  ref(): FlowRef;
  /**
   * Writes the row into `out` without making an object, if the source can; see `entryFormat` of `@conntrack/netlink/text`. Returns the end
   * of the text, `NO_ROOM` if there may not be enough room (nearly all rows take less than 4 KiB), or `NEEDS_FLOW` for a row that the
   * format writes only from its flow.
   */
  write?(format: EntryFormat, out: Uint8Array, at: number): number;
}

/** Rows as they came from the source. Valid until the next rows are requested. */
export interface RowBatch {
  /** Returns a cursor before the first row. */
  cursor(): RowCursor;
  /** Whether an earlier dump of the same scan returned the row already. */
  isRepeated?(cursor: FlowCursor): boolean;
}
