import { printableJson } from '@conntrack/flow/text';
import { project, type RowCursor } from '@conntrack/table';
import type { Column } from './columns.js';
import { JSON_ROW } from './formats.js';

/** Bytes reserved for a row's JSON. Longer rows are rare and take a slower path. */
const ROW = 8 * 1024;

/** Memory for the JSON of one row, until it is a string. */
let scratch: Buffer | undefined;

/** A row's JSON. The kernel source can write it without making a flow object. */
function wholeRow(row: RowCursor): string {
  scratch ??= Buffer.allocUnsafe(ROW);
  const end = row.write?.(JSON_ROW, scratch, 0) ?? -1;
  return end < 0 ? printableJson(row.flow()) : scratch.toString('utf8', 0, end);
}

/** The function that writes a row as JSON: the whole row, or some fields of it. */
export const rowJson = (fields: readonly Column[] | undefined): ((row: RowCursor) => string) =>
  fields === undefined ? wholeRow : row => printableJson(project(row.flow(), fields));
