import type { PageOptions } from '@conntrack/table';
import { intervalOf } from '../options/interval.js';
import { tableStyle } from '../output/table/style.js';
import { tableOf } from '../output/table/write-table.js';
import { shownOf } from '../output/write-list.js';
import type { Context } from '../process/context.js';
import { UsageError } from '../process/usage-error.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';
import { redrawn } from '../terminal/screen.js';
import { terminalOf } from '../terminal/terminal.js';

/** The options of `ctctl list` that a list which is drawn again and again uses. */
interface WatchOptions extends SourceOptions, DisplayOptions {
  output?: string;
  watch: string | boolean;
}

/** Lines around the rows: the first line, the header, the last line, and the cursor's. */
const AROUND = 4;

/** Runs `ctctl list --watch`: shows the first rows of a list again and again, until it is interrupted. */
export async function watchList(
  context: Context,
  what: Omit<PageOptions, 'limit'> & { limit?: number },
  fields: Parameters<typeof tableStyle>[2],
  options: WatchOptions,
): Promise<number> {
  const { io } = context;
  const seconds = intervalOf(options.watch);
  if (!terminalOf(io, options).isTerminal)
    throw new UsageError('--watch draws on a terminal, and standard output is none. For events in a pipe: ctctl watch');
  if (options.output !== undefined && !/^(table|wide)$/i.test(options.output))
    throw new UsageError(`--watch shows a table: it does not apply to -o ${options.output}`);
  return withTable(io, options, table =>
    redrawn(context, { seconds, ...options }, async terminal => {
      const style = tableStyle(terminal, /^wide$/i.test(options.output ?? ''), fields, what.sort);
      const limit = Math.min(what.limit ?? Number.POSITIVE_INFINITY, Math.max(1, terminal.rows! - AROUND));
      const { items, matched } = await table.page({ ...what, limit });
      return `${tableOf(style, items)}${matched === 0 ? 'no entries' : shownOf(items.length, matched)}\n`;
    }),
  );
}
