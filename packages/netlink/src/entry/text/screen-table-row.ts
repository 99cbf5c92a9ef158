import type { FlowCursor } from '@conntrack/flow';
import type { EntryFormat } from '../format.js';
import { ByteWriter, MARGIN } from './byte-writer.js';
import { formatOf } from './format.js';
import { padCell } from './padding.js';
import type { PlacedColumn, TableColumn } from './screen-table.js';
import { TableEntryRow } from './screen-table-entry-row.js';

const NEWLINE = 10;
/** The character for an absent value. */
const ABSENT = 45;

const decoder = new TextDecoder();

/** The cells of a flow as text, empty where the flow has no value. `now`: milliseconds since 1970. */
export function tableCells(columns: readonly TableColumn[], cursor: FlowCursor, now: number): string[] {
  const out = new ByteWriter(MARGIN);
  return columns.map(({ cell }) => {
    out.at = 0;
    cell(cursor, out, now);
    return decoder.decode(out.bytes.subarray(0, out.at));
  });
}

/** Writes flows as lines of a table whose columns have fixed widths, with two spaces between them. */
export class TableRow {
  readonly #columns: readonly PlacedColumn[];
  readonly #now: number;

  constructor(columns: readonly PlacedColumn[], now: number) {
    this.#columns = columns;
    this.#now = now;
  }

  /** Writes the line of a flow with its line end. */
  write(cursor: FlowCursor, out: ByteWriter): void {
    out.room();
    const columns = this.#columns;
    const last = columns.length - 1;
    for (let i = 0; i <= last; i++) {
      const { cell, right, width } = columns[i]!;
      const start = out.at;
      cell(cursor, out, this.#now);
      if (out.at === start) out.byte(ABSENT);
      out.at = padCell(out.view, start, out.at, width, right, i === last);
    }
    out.byte(NEWLINE);
  }
}

/** Writes entries as lines of a table, directly from the kernel's bytes. `now`: milliseconds since 1970. */
export function tableFormat(columns: readonly PlacedColumn[], now: number): EntryFormat {
  const usual = new TableEntryRow(columns, now);
  const any = new TableRow(columns, now);
  return formatOf((entry, out) => {
    const end = usual.put(entry, out.view, out.at);
    if (end >= 0) out.at = end;
    else any.write(entry as unknown as FlowCursor, out);
    return true;
  });
}
