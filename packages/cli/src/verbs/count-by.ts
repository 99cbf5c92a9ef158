import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { Metric, Table } from '@conntrack/table';
import { integer } from '../options/values/numbers.js';
import { groupCells, plainTable } from '../output/group-table.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteEmpty } from '../source/empty-note.js';
import type { DisplayOptions } from '../terminal/options.js';
import { terminalOf } from '../terminal/terminal.js';

/** The options of `ctctl count --by`. */
interface CountByOptions extends DisplayOptions {
  by: string;
  metric?: string;
  limit?: string;
  output?: string;
}

/** Prints the number of flows for each value of the fields, the largest first. */
export async function countBy(
  { io, output }: Context,
  table: Table,
  filter: Filter,
  { by, metric = 'flows', limit, output: name = 'table', ...display }: CountByOptions,
): Promise<number> {
  const format = name.toLowerCase();
  if (!['table', 'json', 'csv'].includes(format))
    throw new UsageError(`--output: must be table, json or csv, got '${name}'`);
  const k = limit === undefined ? {} : { k: integer(limit, '--limit') };
  if (!['flows', 'bytes', 'packets'].includes(metric))
    throw new UsageError(`--metric: must be flows, bytes or packets, got '${metric}'`);
  const top = await table.top({ by, filter, signal: io.signal, metric: metric as Metric, ...k });
  const fields = by.split(',');
  const rows = top.items.map(item => [String(item.value), ...groupCells(item, top.by)]);
  if (format === 'json') await output.write(`${printableJson(top)}\n`);
  else if (format === 'csv')
    await output.write([[metric, ...fields], ...rows].map(row => `${row.map(csvCell).join(',')}\r\n`).join(''));
  else {
    const columns = [{ name: metric, right: true }, ...fields.map(name => ({ name, right: false }))];
    await output.write(plainTable(columns, rows, terminalOf(io, display).colors.bold));
  }
  const error = Math.max(0, ...top.items.map(item => item.error));
  if (error > 0) say(io, `note: each number may be up to ${error} too large, because there are very many values`);
  await noteEmpty(io, table, top.matched);
  return EXIT.ok;
}

/** A cell of a CSV file. */
const csvCell = (text: string): string => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
