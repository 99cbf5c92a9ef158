import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream } from 'node:tty';
import type { Table } from '@conntrack/table';
import { filterOf } from '../options/filter-argument.js';
import { integer } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';
import { chosenServer } from '../source/server/choose.js';
import { described, type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { isTerminal } from '../terminal/streams.js';
import { terminalOf } from '../terminal/terminal.js';
import { GROUPINGS } from '../top/data/grouping.js';
import { fullScreen } from '../top/full-screen.js';
import { checkRanking, ranking } from '../top/ranking.js';

export interface TopArguments extends SourceOptions, DisplayOptions {
  by?: string;
  metric?: string;
  distinct?: string;
  limit?: string;
  interval?: string;
  output?: string;
}

const K = 20;
/** Seconds between two refreshes. */
const INTERVAL = 2;
const LONGEST = 3600;
/** Milliseconds between two looks at an index that reads the table. */
const SYNC_CHECK = 20;

/** Runs `ctctl top [FILTER…]`: the live view on a terminal, otherwise one ranking. */
export async function top(context: Context, words: readonly string[], options: TopArguments): Promise<number> {
  const { io, output } = context;
  const filter = await filterOf(io, words, 'read');
  const terminal = terminalOf(io, options);
  const { by, metric, distinct, limit, interval, output: format } = options;
  const view = GROUPINGS.find(grouping => grouping.by === by || grouping.name === by);
  // Options of a ranking ask for one.
  const isRanking =
    [metric, distinct, limit, format].some(option => option !== undefined) || (by !== undefined && view === undefined);
  const isScreen =
    terminal.isTerminal && isTerminal(io.stdin as ReadStream & NodeJS.WritableStream) && io.env.TERM !== 'dumb';
  if (isScreen && !isRanking) {
    const every = interval === undefined ? INTERVAL : secondsOf(interval);
    const server = await chosenServer(io, options);
    return withTable(io, options, table =>
      fullScreen(io, table, terminal, {
        name: server === undefined ? table.source.name : described(server),
        filter,
        group: view?.name,
        interval: every * 1000,
      }),
    );
  }
  if (interval !== undefined) throw new UsageError('--interval is for the live view, and this prints one ranking');
  const asked = {
    filter,
    by: view?.by ?? by ?? 'src',
    metric,
    distinct,
    k: limit === undefined ? K : integer(limit, '--limit'),
    format: format ?? 'text',
  };
  checkRanking(asked);
  return withTable(io, options, async table => {
    if (options.index) await indexed(table, io.signal);
    await ranking(table, asked, output, io.signal);
    return EXIT.ok;
  });
}

/** Waits until the index of a table has read it. The kernel answers if it cannot. */
async function indexed(table: Table, signal: AbortSignal): Promise<void> {
  while ((await table.capabilities({ signal })).index?.state === 'syncing')
    await delay(SYNC_CHECK, undefined, { signal });
}

function secondsOf(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 0.1 && value <= LONGEST))
    throw new UsageError(`--interval: must be 0.1 to ${LONGEST} seconds, got '${text}'`);
  return value;
}
