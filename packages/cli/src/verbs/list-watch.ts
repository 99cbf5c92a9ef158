import { setTimeout as wait } from 'node:timers/promises';
import type { PageOptions, Table } from '@conntrack/table';
import { integer } from '../options/values/numbers.js';
import { tableStyle } from '../output/table/style.js';
import { type TableStyle, tableOf } from '../output/table/write-table.js';
import { shownOf } from '../output/write-list.js';
import type { Context } from '../process/context.js';
import { UsageError } from '../process/usage-error.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { inScreen } from '../terminal/screen.js';
import { terminalOf } from '../terminal/terminal.js';

/** The options of `ctctl list` that a list which is drawn again and again uses. */
interface WatchOptions extends SourceOptions, DisplayOptions {
  output?: string;
  watch?: string | boolean;
}

/** Seconds between two looks at the table. */
const INTERVAL = 2;
/** Lines around the rows: the first line, the header, the last line, and the cursor's. */
const AROUND = 4;

/** Runs `ctctl list --watch`: shows the first rows of a list again and again, until it is interrupted. */
export async function watchList(
  context: Context,
  what: Omit<PageOptions, 'limit'> & { limit?: number },
  fields: Parameters<typeof tableStyle>[2],
  options: WatchOptions,
): Promise<number> {
  const { io, output } = context;
  const seconds = options.watch === true ? INTERVAL : integer(String(options.watch), '--watch');
  if (seconds === 0) throw new UsageError('--watch: must be at least 1 second');
  if (!terminalOf(io, options).isTerminal)
    throw new UsageError('--watch draws on a terminal, and standard output is none. For events in a pipe: ctctl watch');
  if (options.output !== undefined && !/^(table|wide)$/i.test(options.output))
    throw new UsageError(`--watch shows a table: it does not apply to -o ${options.output}`);
  return withTable(io, options, table =>
    inScreen(io, async () => {
      for (;;) {
        const terminal = terminalOf(io, options);
        const style = tableStyle(terminal, /^wide$/i.test(options.output ?? ''), fields, what.sort);
        const limit = Math.min(what.limit ?? Number.POSITIVE_INFINITY, Math.max(1, terminal.rows! - AROUND));
        await output.write(await screenOf(table, { ...what, limit }, style, seconds));
        await wait(seconds * 1000, undefined, { signal: io.signal });
      }
    }),
  );
}

/** The text of a whole screen: it overwrites the last one line by line, so that nothing flickers. */
async function screenOf(table: Table, what: PageOptions, style: TableStyle, seconds: number): Promise<string> {
  const { items, matched } = await table.page(what);
  const { colors } = style.terminal;
  const time = new Date().toTimeString().slice(0, 8);
  const lines = [
    colors.dim(`${time}, every ${seconds} s. Ctrl-C ends`),
    ...tableOf(style, items).split('\n').slice(0, -1),
    matched === 0 ? 'no entries' : shownOf(items.length, matched),
  ];
  return `\u001b[H${lines.map(line => `${line}\u001b[K\n`).join('')}\u001b[J`;
}
