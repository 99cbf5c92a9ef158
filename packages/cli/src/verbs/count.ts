import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { Table, TopItem } from '@conntrack/table';
import { filterOf } from '../options/filter-argument.js';
import { integer } from '../options/values/numbers.js';
import { layoutOf } from '../output/table/layout.js';
import { lineOf } from '../output/table/shape.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { noteEmpty } from '../source/empty-note.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import type { Terminal } from '../terminal/terminal.js';

/** The options of `ctctl count`. */
export interface CountArguments extends SourceOptions, DisplayOptions {
  by?: string;
  limit?: string;
  output?: string;
}

/** Runs `ctctl count [FILTER…]`. */
export async function count(context: Context, words: readonly string[], options: CountArguments): Promise<number> {
  const { io, output } = context;
  const filter = await filterOf(words, { purpose: 'read', warn: text => say(io, text) });
  return withTable(io, options, async table => {
    if (options.by !== undefined) return countBy(context, table, filter, { ...options, by: options.by });
    const found = await table.count({ filter, signal: io.signal });
    await output.write(`${found}\n`);
    await noteEmpty(io, table, found);
    return EXIT.ok;
  });
}

/** Prints the number of flows for each value of the fields, the largest first. */
async function countBy(
  { io, output }: Context,
  table: Table,
  filter: Filter,
  { by, limit, output: name = 'table', ...display }: CountArguments & { by: string },
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
  else {
    // Not loaded by a plain count: the module for colors creates the stream of standard output, which takes some milliseconds.
    const { terminalOf } = await import('../terminal/terminal.js');
    await output.write(tableOf(fields, top.items, terminalOf(io, display)));
  }
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
