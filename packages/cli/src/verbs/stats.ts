import { setTimeout as wait } from 'node:timers/promises';
import { printableJson } from '@conntrack/flow/text';
import type { Table } from '@conntrack/table';
import { fillText, type Look, marksText, statsText } from '../diagnose/stats-text.js';
import { isJson } from '../options/format.js';
import { intervalOf } from '../options/interval.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { UsageError } from '../process/usage-error.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { redrawn } from '../terminal/screen.js';
import { type Terminal, terminalOf } from '../terminal/terminal.js';

interface StatsArguments extends SourceOptions, DisplayOptions {
  output?: string;
  watch?: string | boolean;
}

/** Runs `ctctl stats`. */
export async function stats(context: Context, options: StatsArguments): Promise<number> {
  const { io, output } = context;
  const json = isJson(options.output);
  const seconds = options.watch === undefined ? undefined : intervalOf(options.watch);
  const terminal = terminalOf(io, options);
  if (seconds !== undefined && !json && !terminal.isTerminal)
    throw new UsageError('--watch draws on a terminal, and standard output is none. In a pipe, use -o json --watch');
  return withTable(io, options, async table => {
    if (seconds !== undefined)
      return json ? watchLines(context, table, seconds) : watchScreen(context, table, { seconds, ...options });
    const look = await lookAt(table, io.signal);
    await output.write(json ? `${printableJson(look.stats)}\n` : textOf(look, undefined, terminal));
    return EXIT.ok;
  });
}

const lookAt = async (table: Table, signal: AbortSignal): Promise<Look> => ({
  stats: await table.stats({ signal }),
  at: performance.now(),
});

function textOf(look: Look, before: Look | undefined, terminal: Terminal): string {
  const counters = look.stats.cpus.length === 0 ? 'this table has no counters\n' : statsText(look, before, terminal);
  return `${fillText(look.stats)}\n\n${counters}${marksText(look.stats)}`;
}

/** Shows the counters and their changes again and again, until the program is interrupted. */
function watchScreen(context: Context, table: Table, options: DisplayOptions & { seconds: number }): Promise<never> {
  let before: Look | undefined;
  return redrawn(context, options, async terminal => {
    const look = await lookAt(table, context.io.signal);
    const text = textOf(look, before ?? look, terminal);
    before = look;
    return text;
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
