import type { RemoteTable } from '@conntrack/client/table';
import type { Flow } from '@conntrack/flow';
import type { ListOptions, MatchingRows, Table } from '@conntrack/table';
import type { Context } from '../process/context.js';
import { isLocal } from '../source/is-local.js';
import { grouped } from '../terminal/grouped.js';
import type { ListFormat } from './list-format.js';
import { writeFlows, writeRows } from './write-flows.js';

/** Writes flows as they arrive. Returns their number. */
export async function writeList(
  context: Context,
  format: ListFormat,
  batches: AsyncIterable<readonly Flow[]>,
): Promise<number> {
  if ('format' in format) return writeFlows(context, format.format, batches);
  const { rowsOf, writeTable } = await import('./table/write-table.js');
  return writeTable(context, format.table, rowsOf(batches));
}

/** Whether a table can return its text as bytes. */
const isRemote = (table: Table): table is Table & Pick<RemoteTable, 'text'> => 'text' in table;

/**
 * Writes the flows of a list without making flow objects, where table and format allow it: from rows, or as the text that a
 * server wrote. Returns their number; for the text of a server, only whether there are any.
 *
 * @param reading the rows, if they are already read
 */
export async function writeAll(
  context: Context,
  format: ListFormat,
  table: Table,
  which: Pick<ListOptions, 'filter' | 'limit' | 'reads' | 'signal'>,
  reading?: AsyncIterable<MatchingRows>,
): Promise<number> {
  if (isLocal(table)) {
    const rows = reading ?? table.rows(which);
    if ('format' in format) return writeRows(context, format.format, rows);
    const { writeTable } = await import('./table/write-table.js');
    return writeTable(context, format.table, rows);
  }
  const remote = 'format' in format ? format.format.remote : undefined;
  if (remote === undefined || !isRemote(table) || which.limit === 0)
    return writeList(context, format, table.batches(which));
  let length = 0;
  // The fields of a text say what is read.
  const { reads: _, ...lines } = which;
  for await (const bytes of table.text({ ...lines, ...remote })) {
    length += bytes.length;
    await context.output.write(bytes);
  }
  return 'format' in format && length > Buffer.byteLength(format.format.empty) ? 1 : 0;
}

/** The last line of a list on a terminal: `20 of 1,203 entries`. */
export const shownOf = (shown: number, matched: number): string => {
  const all = `${grouped(matched)} ${matched === 1 ? 'entry' : 'entries'}`;
  return shown === matched ? all : `${grouped(shown)} of ${all}`;
};
