import { setTimeout as wait } from 'node:timers/promises';
import { printableJson } from '@conntrack/flow/text';
import type { Table } from '@conntrack/table';
import { fillText, type Look, marksText, statsText } from '../diagnose/stats-text.js';
import { isJson } from '../options/format.js';
import { integer } from '../options/values/numbers.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { inScreen } from '../terminal/screen.js';
import { terminalOf } from '../terminal/terminal.js';

interface StatsArguments extends SourceOptions, DisplayOptions {
  output?: string;
  watch?: string | boolean;
}

/** Seconds between two looks. */
const INTERVAL = 2;

/** Runs `ctctl stats`. */
export async function stats(context: Context, options: StatsArguments): Promise<number> {
  const { io, output } = context;
  const json = isJson(options.output);
  const seconds = secondsOf(options.watch);
  if (seconds !== undefined && !json && !terminalOf(io, options).isTerminal)
    throw new UsageError('--watch draws on a terminal, and standard output is none. In a pipe, use -o json --watch');
  return withTable(io, options, async table => {
    if (seconds !== undefined)
      return json ? watchLines(context, table, seconds) : watchScreen(context, table, seconds, options);
    const look = await lookAt(table, io.signal);
    await output.write(json ? `${printableJson(look.stats)}\n` : textOf(look, undefined, context, options));
    return EXIT.ok;
  });
}

/** The seconds of `--watch[=S]`. @throws UsageError */
function secondsOf(watch: StatsArguments['watch']): number | undefined {
  if (watch === undefined || watch === false) return undefined;
  const seconds = watch === true ? INTERVAL : integer(String(watch), '--watch');
  if (seconds === 0) throw new UsageError('--watch: must be at least 1 second');
  return seconds;
}

const lookAt = async (table: Table, signal: AbortSignal): Promise<Look> => ({
  stats: await table.stats({ signal }),
  at: performance.now(),
});

function textOf(look: Look, before: Look | undefined, { io }: Context, options: DisplayOptions): string {
  const { cpus } = look.stats;
  const counters =
    cpus.length === 0 ? 'this table has no counters\n' : statsText(look, before, terminalOf(io, options));
  return `${fillText(look.stats)}\n\n${counters}${marksText(look.stats)}`;
}

/** Shows the counters and their changes again and again, until the program is interrupted. */
function watchScreen(context: Context, table: Table, seconds: number, options: DisplayOptions): Promise<never> {
  const { io, output } = context;
  return inScreen(io, async () => {
    for (let before: Look | undefined; ; ) {
      const look = await lookAt(table, io.signal);
      const { colors } = terminalOf(io, options);
      const time = new Date().toTimeString().slice(0, 8);
      const text = `${colors.dim(`${time}, every ${seconds} s. Ctrl-C ends`)}\n${textOf(look, before ?? look, context, options)}`;
      await output.write(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`);
      before = look;
      await wait(seconds * 1000, undefined, { signal: io.signal });
    }
  });
}

/** Prints one JSON object for each look, until the program is interrupted. */
async function watchLines({ io, output }: Context, table: Table, seconds: number): Promise<never> {
  for (;;) {
    const { stats: counters } = await lookAt(table, io.signal);
    await output.write(`${printableJson({ time: new Date().toISOString(), ...counters })}\n`);
    await wait(seconds * 1000, undefined, { signal: io.signal });
  }
}
