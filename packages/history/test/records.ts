import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { millisecondsOf } from '@conntrack/flow/text';
import { type Gap, type RecordBatch, type RecordCursor, ROW_KINDS, type RowKind } from '../src/record.js';

/** A row for tests. Default of `time`: the flow's stop, else its start. */
export interface TestRow {
  kind: RowKind;
  flow: Flow;
  time?: number;
}

class RowCursor extends FlowObjectCursor implements RecordCursor {
  readonly #rows: readonly TestRow[];
  #at = -1;

  constructor(rows: readonly TestRow[]) {
    super();
    this.#rows = rows;
  }

  next(): boolean {
    const row = this.#rows[++this.#at];
    if (row === undefined) return false;
    this.move(row.flow, row.kind === 'end' ? 'destroy' : 'new');
    return true;
  }

  kind(): number {
    return ROW_KINDS.indexOf(this.#rows[this.#at]!.kind);
  }

  time(): number {
    const { time, flow } = this.#rows[this.#at]!;
    return time ?? millisecondsOf(flow.stop ?? flow.start!);
  }
}

/** A batch over rows that are flow objects. */
export const batchOf = (rows: readonly TestRow[], gaps: readonly Gap[] = []): RecordBatch => ({
  rows: rows.length,
  cursor: () => new RowCursor(rows),
  gaps,
});
