import type { Flow } from '@conntrack/flow';
import type { MatchingRows } from '@conntrack/table';
import type { Context } from '../process/context.js';
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

/** Writes rows as they arrive, without making flow objects where source and format allow it. Returns their number. */
export async function writeEach(
  context: Context,
  format: ListFormat,
  batches: AsyncIterable<MatchingRows>,
): Promise<number> {
  if ('format' in format) return writeRows(context, format.format, batches);
  const { writeTable } = await import('./table/write-table.js');
  return writeTable(context, format.table, batches);
}

/** The last line of a list on a terminal: `20 of 1,203 entries`. */
export const shownOf = (shown: number, matched: number): string => {
  const all = `${grouped(matched)} ${matched === 1 ? 'entry' : 'entries'}`;
  return shown === matched ? all : `${grouped(shown)} of ${all}`;
};
