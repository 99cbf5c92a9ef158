import type { FlowCursor, FlowObjectCursor } from '@conntrack/flow';
import { type Column, columnValue } from '@conntrack/flow/columns';
import { printable, printableJson } from '@conntrack/flow/text';
import {
  ByteWriter,
  type EntryFormat,
  TABLE_COLUMNS,
  TableRow,
  tableCells,
  tableFormat,
} from '@conntrack/netlink/text';
import type { RowCursor } from '@conntrack/table';
import type { LaidColumn, ShownColumn } from './layout.js';
import { lineOf } from './line.js';

/** Writes rows of plain text with fixed columns: entries directly from the kernel's bytes, and any flow. */
export interface PlainRows {
  readonly row?: EntryFormat;
  line(cursor: FlowCursor): string;
}

/** The columns that a table can have, and their cells. */
export interface TableShape {
  readonly columns: readonly LaidColumn[];
  /** Columns that the table can do without, the most important one first. */
  readonly optional: readonly string[];
  /** The cells of a row, empty where the flow has no value. */
  cells(row: Pick<RowCursor, 'flow'> & FlowCursor): string[];
  /** Writes the rows of a layout, if that is faster than by {@link cells}. */
  plain?(layout: readonly ShownColumn[]): PlainRows;
}

const decoder = new TextDecoder();

/** Columns that the table of a list can do without. */
const OPTIONAL: readonly string[] = [
  'state',
  'nat',
  'bytes',
  'rate',
  'timeout',
  'mark',
  'age',
  'packets',
  'zone',
  'status',
  'helper',
  'id',
];
/** Columns that only `-o wide` shows. */
const WIDE: readonly string[] = ['rate', 'packets', 'status', 'helper', 'id'];

/** What the table of a list depends on. */
export interface FlowShapeOptions {
  readonly wide: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly unicode: boolean;
  /** Columns that the reader asked about, for example by sorting: they are shown before other optional ones. */
  readonly first: readonly string[];
}

/** The table of a list: who talks to whom, and what the entry says about it. */
export function flowShape({ wide, now, unicode, first }: FlowShapeOptions): TableShape {
  const columns = TABLE_COLUMNS.filter(({ name }) => wide || first.includes(name) || !WIDE.includes(name));
  return {
    columns,
    optional: [...first.filter(name => OPTIONAL.includes(name)), ...OPTIONAL.filter(name => !first.includes(name))],
    cells: cursor => {
      const cells = tableCells(columns, cursor, now);
      return unicode ? cells.map(cell => cell.replaceAll('->', '→')) : cells;
    },
    plain: layout => {
      const placed = layout.map(({ at, width }) => ({ ...columns[at]!, width }));
      const row = new TableRow(placed, now);
      const out = new ByteWriter(8192);
      return {
        row: tableFormat(placed, now),
        line: cursor => {
          out.at = 0;
          row.write(cursor, out);
          return decoder.decode(out.bytes.subarray(0, out.at));
        },
      };
    },
  };
}

/** The text of a value in a table. */
export function textOf(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(item => printable(String(item))).join(',');
  return typeof value === 'object' ? printableJson(value) : printable(String(value));
}

/** The table of chosen fields. */
export const fieldShape = (fields: readonly Column[]): TableShape => ({
  columns: fields.map(({ name, kind }) => ({ name, right: kind === 'number' })),
  optional: [],
  cells: row => {
    const flow = row.flow();
    return fields.map(field => textOf(columnValue(flow, field)));
  },
});

/** Writes the rows of a layout from their cells. */
export function rowsByCells(
  { columns, cells }: TableShape,
  layout: readonly ShownColumn[],
  cell: (text: string, column: LaidColumn) => string = text => text,
): PlainRows {
  return { line: cursor => lineOf(columns, layout, cells(cursor as FlowObjectCursor), cell) };
}
