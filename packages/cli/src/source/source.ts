import type { LocalTable, OpenTableOptions, Table } from '@conntrack/table';
import type { Command } from 'commander';
import { type Io, say } from '../process/io.js';
import { isStderrTerminal } from '../terminal/streams.js';
import type { FleetArguments } from './fleet/options.js';
import { type Chosen, chosenServer, type ServerOptions } from './server/choose.js';

/** The options for the source of a local table. */
export interface LocalSourceOptions {
  /** Default: `kernel`. */
  source?: string;
  netns?: string;
  skipBadLines?: boolean;
  /** Whether the kernel's table keeps a current copy in memory and answers from it. */
  index?: boolean;
}

/** The options for the source of a command's table: a local one, a server, or a fleet. */
export interface SourceOptions extends LocalSourceOptions, ServerOptions, FleetArguments {
  /** Opens the table instead: that of a history. */
  open?: () => Promise<Table>;
}

/** Adds the options for a local source to a command. */
export const withSourceOptions = (command: Command): Command =>
  command
    .option(
      '--source <source>',
      'the table: kernel, procfs, file:FILE (a capture), memory:FILE (a capture that can be changed in memory), file:- (standard input), auto (kernel if it is available, otherwise a sample); default: kernel',
    )
    .option('--netns <name>', 'another network namespace, by name or path (kernel only)')
    .option('--skip-bad-lines', 'report invalid lines and continue (captures only)');

/** A source that is read from standard input. */
const STANDARD_INPUT = /^(file|memory):-$/;

/**
 * Opens the table, passes it to the command, and closes it. It is a local one or that of a server; the command uses it
 * through the same interface.
 *
 * @param changes whether the command changes the table. A person is then told which server that is.
 */
export async function withTable<T>(
  io: Io,
  options: SourceOptions,
  use: (table: Table) => Promise<T>,
  { changes = false }: { changes?: boolean } = {},
): Promise<T> {
  if (options.open !== undefined) return closing(await options.open(), use);
  if (options.fleetFile !== undefined) {
    const { withFleet } = await import('./fleet/open-fleet.js');
    return withFleet(io, options, use);
  }
  const server = await chosenServer(io, options);
  if (server !== undefined && changes && isStderrTerminal(io)) say(io, `server: ${described(server)}`);
  if (server !== undefined) return closing(await openRemote(io, server), use);
  const input = STANDARD_INPUT.test(options.source ?? '')
    ? await (await import('./standard-input.js')).inputSource(io, options.source!)
    : undefined;
  try {
    return await closing(await openFrom(io, input === undefined ? options : { ...options, source: input.source }), use);
  } finally {
    input?.close();
  }
}

async function closing<T>(table: Table, use: (table: Table) => Promise<T>): Promise<T> {
  try {
    return await use(table);
  } finally {
    table.close();
  }
}

async function openRemote(io: Io, server: Chosen): Promise<Table> {
  const { openServer } = await import('./server/open-server.js');
  return openServer(io, server);
}

/** A server as messages name it. */
export const described = ({ server, context, netns }: Chosen): string =>
  [server, netns !== undefined && `network namespace ${netns}`, context !== undefined && `context ${context}`]
    .filter(part => part !== false)
    .join(', ');

/** Opens the local table of the source options. `auto` falls back to the sample in memory. */
export async function openFrom(
  io: Io,
  options: LocalSourceOptions,
  more: Pick<OpenTableOptions, 'protect' | 'netns'> = {},
): Promise<LocalTable> {
  const { openTable } = await import('./open-table.js');
  const open: OpenTableOptions = { ...more, ...(options.index && { index: true }) };
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
