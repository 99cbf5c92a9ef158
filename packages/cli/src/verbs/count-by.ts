import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { Table, TopItem } from '@conntrack/table';
import { integer } from '../options/values/numbers.js';
import { layoutOf } from '../output/table/layout.js';
import { lineOf } from '../output/table/line.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteEmpty } from '../source/empty-note.js';
import type { DisplayOptions } from '../terminal/options.js';
import { type Terminal, terminalOf } from '../terminal/terminal.js';

/** The options of `ctctl count --by`. */
interface CountByOptions extends DisplayOptions {
  by: string;
  limit?: string;
  output?: string;
}

/** Prints the number of flows for each value of the fields, the largest first. */
export async function countBy(
  { io, output }: Context,
  table: Table,
  filter: Filter,
  { by, limit, output: name = 'table', ...display }: CountByOptions,
): Promise<number> {
  const format = name.toLowerCase();
  if (!['table', 'json', 'csv'].includes(format))
    throw new UsageError(`--output: must be table, json or csv, got '${name}'`);
  const k = limit === undefined ? {} : { k: integer(limit, '--limit') };
  const top = await table.top({ by, filter, signal: io.signal, ...k });
  const fields = by.split(',');
  if (format === 'json') await output.write(`${printableJson(top)}\n`);
  else if (format === 'csv')
    await output.write(
      [['flows', ...fields], ...top.items.map(item => cellsOf(item, fields))]
        .map(row => `${row.join(',')}\r\n`)
        .join(''),
    );
  else await output.write(tableOf(fields, top.items, terminalOf(io, display)));
  const error = Math.max(0, ...top.items.map(item => item.error));
  if (error > 0) say(io, `note: each number may be up to ${error} too large, because there are very many values`);
  await noteEmpty(io, table, top.matched);
  return EXIT.ok;
}

/** The number and the values of a group. A group's text has a word for each field. */
const cellsOf = ({ value, group }: TopItem, fields: readonly string[]): string[] => [
  String(value),
  ...(fields.length === 1 ? [group] : group.split(' ')),
];

function tableOf(fields: readonly string[], items: readonly TopItem[], { colors }: Terminal): string {
  const columns = [{ name: 'flows', right: true }, ...fields.map(name => ({ name, right: false }))];
  const rows = items.map(item => cellsOf(item, fields));
  const layout = layoutOf(columns, rows, { optional: [], complete: true });
  const head = columns.map(({ name }) => name.toUpperCase());
  return (
    lineOf(columns, layout, head, text => colors.bold(text)) +
    rows.map(cells => lineOf(columns, layout, cells, text => text)).join('')
  );
}
