import type { Flow, FlowRef } from '@conntrack/flow';
import type { ColumnClock } from '../clock.js';
import { ALIVE } from '../storage/flags.js';
import type { RowStore } from '../storage/row-store.js';
import { flowOfRow, type Measured, refOfRow } from './row-flow.js';
import { RowReader } from './row-reader.js';

/**
 * A cursor over rows of an index: over a range of rows, or over the rows of a list. It stands before the first one. Rows whose entry has
 * ended are skipped. Read it to its end before the index can change: in the same turn of the event loop.
 */
export class IndexCursor extends RowReader {
  readonly #rows: Uint32Array | undefined;
  readonly #end: number;
  #at: number;
  #allowed: ((row: IndexCursor) => boolean) | undefined;
  #measured: Measured = {};

  /** @param rows the rows; without them, `from` and `end` are row numbers */
  constructor(store: RowStore, clock: ColumnClock, rows: Uint32Array | undefined, from: number, end: number) {
    super(store, clock);
    this.#rows = rows;
    this.#at = from;
    this.#end = end;
  }

  /** Moves to the next living row; returns false at the end. */
  next(): boolean {
    const { flags } = this.store.columns;
    while (this.#at < this.#end) {
      const at = this.#at++;
      const row = this.#rows === undefined ? at : this.#rows[at]!;
      if ((flags[row]! & ALIVE) === 0) continue;
      this.row = row;
      if (this.#allowed === undefined || this.#allowed(this)) return true;
    }
    return false;
  }

  /** Limits the cursor: {@link next} stops only on rows for which the function returns true. Returns this cursor. */
  only(allowed: (row: IndexCursor) => boolean): this {
    this.#allowed = allowed;
    return this;
  }

  /** Adds what the index measured to the flows that {@link flow} returns: `rate` and `firstSeen`. Returns this cursor. */
  with(measured: Measured): this {
    this.#measured = measured;
    return this;
  }

  /** Returns the whole flow of the row. */
  flow(): Flow {
    return flowOfRow(this, this.store, this.#measured);
  }

  /** Returns a reference that identifies the row's connection. */
  ref(): FlowRef {
    return refOfRow(this);
  }
}
