import type { Column } from '@conntrack/flow/columns';
import { printableJson } from '@conntrack/flow/text';
import { entryFormat } from '@conntrack/netlink/text';
import { flowWriter } from '@conntrack/parser/presets';
import { project, type SortTerm } from '@conntrack/table';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import type { DisplayOptions } from '../terminal/options.js';
import { terminalOf } from '../terminal/terminal.js';
import { OUTPUT_NAMES, type OutputFormat, outputFormat } from './formats.js';
import type { TableStyle } from './table/write-table.js';

/** How a list is written: as a table, or in a format with text for each flow. */
export type ListFormat = { readonly table: TableStyle } | { readonly format: OutputFormat };

const TABLES: readonly string[] = ['table', 'wide'];
/** The formats that support `--fields`. */
const WITH_FIELDS: readonly string[] = [...TABLES, 'csv', 'json', 'ndjson'];

/** A key in each line. */
function nameFormat(): OutputFormat {
  const cells = entryFormat('csv', { columns: [{ name: 'key' }] })!;
  return {
    ...flowWriter('ndjson'),
    losses: () => undefined,
    line: ({ key }) => {
      if (key === undefined)
        throw new UsageError(
          '-o name does not apply here: entries without an id have no key, and this source has none',
        );
      return `${key}\n`;
    },
    row: {
      write(entry, out, at) {
        const end = cells.write(entry, out, at);
        if (end < 0) return end;
        // The line of the CSV ends with \r\n.
        out[end - 2] = 10;
        return end - 1;
      },
    },
  };
}

/** CSV or JSON with only these fields. */
function projected(name: string, fields: readonly Column[]): OutputFormat {
  if (name === 'csv')
    return {
      ...flowWriter('csv', { columns: fields }),
      row: entryFormat('csv', { columns: fields }),
      remote: { format: 'csv', fields: fields.map(each => each.name) },
      losses: () => undefined,
    };
  const end = name === 'ndjson' ? '\n' : '';
  return {
    ...flowWriter(name as 'json' | 'ndjson'),
    losses: () => undefined,
    line: flow => printableJson(project(flow, fields)) + end,
  };
}

/**
 * The format of a list: that of `-o`, or a table on a terminal and conntrack(8)'s lines elsewhere.
 *
 * @throws UsageError
 */
export async function listFormat(
  io: Pick<Io, 'stdout' | 'env'>,
  output: string | undefined,
  fields: readonly Column[] | undefined,
  options: DisplayOptions,
  sort?: readonly SortTerm[],
): Promise<ListFormat> {
  const terminal = terminalOf(io, options);
  const name = output?.toLowerCase() ?? (terminal.isTerminal || fields !== undefined ? 'table' : 'text');
  if (fields !== undefined && !WITH_FIELDS.includes(name))
    throw new UsageError(
      `--fields does not apply here: '${name}' always has all fields. Use -o ${WITH_FIELDS.join(', ')}`,
    );
  if (TABLES.includes(name)) {
    const { tableStyle } = await import('./table/style.js');
    return { table: tableStyle(terminal, name === 'wide', fields, sort) };
  }
  if (name === 'name') return { format: nameFormat() };
  if (fields !== undefined) return { format: projected(name, fields) };
  return { format: await outputFormat(name, [...OUTPUT_NAMES, 'table', 'wide', 'name']) };
}
