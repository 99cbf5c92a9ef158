import type { Flow, FlowCursor, FlowRef } from '@conntrack/flow';

/** A cursor over the rows of one batch. It stands before the first row. */
export interface RowCursor extends FlowCursor {
  /** Move to the next row; false at the end. */
  next(): boolean;
  /** The row as a whole; the only call that builds an object. */
  flow(): Flow;
  /** What finds this row again, and nothing else. */
  ref(): FlowRef;
  /**
   * `printableJson(flow())` in UTF-8 into `out`, where the source can do it without the object. Answers where it ends; −1 where there may not be
   * room enough: nearly all rows take less than 2 KiB.
   */
  writeJson?(out: Uint8Array, at: number): number;
}

/** Rows as they came from the source: good until the next ones are asked for. */
export interface RowBatch {
  cursor(): RowCursor;
  /** Rows to skip: an earlier dump of the same scan had them. */
  isRepeated?(cursor: FlowCursor): boolean;
}
