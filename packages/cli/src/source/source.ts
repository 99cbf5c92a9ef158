import type { LocalTable, OpenTableOptions, Table } from '@conntrack/table';
import type { Command } from 'commander';
import { type Io, say } from '../process/io.js';

/** Where a command's table comes from. */
export interface SourceOptions {
  source: string;
  netns?: string;
  skipBadLines?: boolean;
}

/** Adds the options that say which table a command is about. */
export function withSourceOptions(command: Command): Command {
  return command
    .option(
      '--source <source>',
      'kernel, procfs, file:FILE (a capture), memory:FILE (a capture to try changes on), auto',
      'kernel',
    )
    .option('--netns <name>', 'kernel: another network namespace, by name or path')
    .option('--skip-bad-lines', 'captures: report lines that cannot be read, and go on');
}

/** Opens the table, lets the command use it, and closes it. */
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

/** The table of the source options; `auto` falls back to the sample in memory. */
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
  if (options.source !== 'auto') return openTable(options.source, open);
  const { openAuto } = await import('../serve/auto.js');
  return openAuto(io, open);
}

/** Says, after a change, that a table in memory ends with the program. */
export function noteCopy(io: Io, table: Table): void {
  if (table.source.kind === 'memory') say(io, `note: ${table.source.name} is a copy in memory; changes are not saved`);
}
