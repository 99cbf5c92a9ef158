import { type Certainty, type HistoryTimes, historyRange, type TimeRange } from '@conntrack/flow/table';
import type { Table } from '@conntrack/table';
import { filterOf } from '../options/filter-argument.js';
import type { Context } from '../process/context.js';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { type Chosen, chosenServer } from '../source/server/choose.js';
import { type RecordArguments, recordHistory } from './history-record.js';
import { type ListArguments, list } from './list.js';

/** The options of `ctctl history`. */
export interface HistoryArguments extends ListArguments, RecordArguments {
  dir?: string;
  at?: string;
  window?: string;
  since?: string;
  from?: string;
  to?: string;
  count?: boolean;
  top?: string;
  metric?: string;
}

/** A table of the past, and what its answers leave open. */
interface Past {
  readonly table: Table;
  certainty(): Promise<Pick<Certainty, 'skipped'> & { gaps: readonly { from: string; to: string; reason: string }[] }>;
  close(): Promise<void>;
}

/** A message about times with the names of their options. */
const optionsIn = (message: string): string =>
  message.replace(/^(\w+):/, '--$1:').replace('one of at, since and from', 'one of --at, --since and --from');

function rangeOf({ at, window, since, from, to }: HistoryArguments): TimeRange {
  const times = Object.fromEntries(
    Object.entries({ at, window, since, from, to }).filter(([, time]) => time !== undefined),
  ) as HistoryTimes;
  try {
    return historyRange(times, Date.now(), true);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(optionsIn((error as Error).message)) : error;
  }
}

const timeText = (time: number): string => new Date(Math.max(0, time)).toISOString();

async function openLocal(folder: string, range: TimeRange): Promise<Past> {
  const { History } = await import('@conntrack/history');
  const history = await History.open(folder);
  const table = history.table(range);
  return {
    table,
    async certainty() {
      const { gaps, skipped } = table.certainty;
      return { skipped, gaps: gaps.map(gap => ({ ...gap, from: timeText(gap.from), to: timeText(gap.to) })) };
    },
    close: () => history.close(),
  };
}

async function openRemote(io: Io, server: Chosen, range: TimeRange): Promise<Past> {
  const [{ clientOf }, { RemoteTable }] = await Promise.all([
    import('../source/server/open-server.js'),
    import('@conntrack/client/table'),
  ]);
  const client = clientOf(io, server).past({ from: timeText(range.from), to: timeText(range.to) });
  const source = { kind: 'history', name: `history of ${server.server}`, writable: false } as const;
  return {
    table: RemoteTable.unopened(client, source),
    certainty: () => client.gaps({ signal: io.signal }),
    async close() {},
  };
}

async function openPast(io: Io, options: HistoryArguments): Promise<Past> {
  const range = rangeOf(options);
  const { dir } = options;
  if (dir !== undefined) {
    if (options.server !== undefined) throw new UsageError('--dir does not apply here: --server has its own history');
    return openLocal(dir, range);
  }
  const server = await chosenServer(io, options);
  if (server === undefined) throw new UsageError('give --dir FOLDER or --server ADDRESS: where the history is');
  return openRemote(io, server, range);
}

/** The options of `ctctl history record` alone, and those that both take. All others belong to questions. */
const OF_RECORD = ['days', 'bytes', 'nat', 'keep'];
const OF_BOTH = ['dir', 'color', 'noColor'];

/** Refuses options that would have no effect. */
function checkUse(options: HistoryArguments, records: boolean): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || OF_BOTH.includes(name)) continue;
    if (OF_RECORD.includes(name) === records) continue;
    const why = records ? 'record writes the history of this host' : "it is for 'ctctl history record'";
    throw new UsageError(
      `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} does not apply here: ${why}`,
    );
  }
}

/** Runs `ctctl history [FILTER…]` and `ctctl history record`. */
export async function history(context: Context, words: readonly string[], options: HistoryArguments): Promise<number> {
  const { io } = context;
  if (words[0] === 'record') {
    if (words.length > 1) throw new UsageError(`record: has no filter, got '${words[1]}'`);
    checkUse(options, true);
    return recordHistory(context, options);
  }
  checkUse(options, false);
  const past = await openPast(io, options);
  const opened = { ...options, open: async () => past.table };
  try {
    const code = await answer(context, words, opened, past.table);
    const { gaps, skipped } = await past.certainty();
    for (const { from, to, reason } of gaps) say(io, `not certain between ${from} and ${to}: ${reason}`);
    for (const { file, reason } of skipped) say(io, `skipped ${file}: ${reason}`);
    return code;
  } finally {
    await past.close();
  }
}

async function answer(
  context: Context,
  words: readonly string[],
  options: HistoryArguments,
  table: Table,
): Promise<number> {
  const { top, metric } = options;
  if (top !== undefined) {
    const { countBy } = await import('./count-by.js');
    const filter = await filterOf(context.io, words, 'read');
    return countBy(context, table, filter, { ...options, by: top, ...(metric !== undefined && { metric }) });
  }
  if (metric !== undefined) throw new UsageError('--metric does not apply here: it is for --top');
  if (options.count) {
    const { count } = await import('./count.js');
    return count(context, words, options);
  }
  return list(context, words, options);
}
