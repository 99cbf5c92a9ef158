import type { LocalTable, OpenTableOptions, Table } from '@conntrack/table';
import type { Command } from 'commander';
import { type Io, say } from '../process/io.js';

/** The options for the source of a command's table. */
export interface SourceOptions {
  /** Default: `kernel`. */
  source?: string;
  netns?: string;
  skipBadLines?: boolean;
}

/** Adds the options for the source to a command. */
export function withSourceOptions(command: Command): Command {
  return command
    .option(
      '--source <source>',
      'the table: kernel, procfs, file:FILE (a capture), memory:FILE (a capture that can be changed in memory), auto (kernel if it is available, otherwise a sample); default: kernel',
    )
    .option('--netns <name>', 'another network namespace, by name or path (kernel only)')
    .option('--skip-bad-lines', 'report invalid lines and continue (captures only)');
}

/** Opens the table, passes it to the command, and closes it. */
export async function withTable<T>(
  io: Io,
  options: SourceOptions,
  use: (table: Table) => Promise<T>,
  more: Pick<OpenTableOptions, 'protect'> = {},
): Promise<T> {
  const table = await openFrom(io, options, more);
  try {
    return await use(table);
  } finally {
    table.close();
  }
}

/** Opens the table of the source options. `auto` falls back to the sample in memory. */
export async function openFrom(
  io: Io,
  options: SourceOptions,
  more: Pick<OpenTableOptions, 'protect' | 'netns'> = {},
): Promise<LocalTable> {
  const { openTable } = await import('./open-table.js');
  const open: OpenTableOptions = { ...more };
  if (options.netns !== undefined) open.netns = options.netns;
  if (options.skipBadLines)
    open.onBadLine = error => say(io, `skipped ${error.message}\n${error.snippet.replace(/^/gm, '  ')}`);
  const { source = 'kernel' } = options;
  if (source !== 'auto') return openTable(source, open);
  const { openAuto } = await import('../serve/auto.js');
  return openAuto(io, open);
}

/** After a change, notes that a table in memory is not saved. */
export function noteCopy(io: Io, table: Table): void {
  if (table.source.kind === 'memory') say(io, `note: ${table.source.name} is a copy in memory; changes are not saved`);
}
