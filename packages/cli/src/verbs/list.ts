import { parseSort } from '@conntrack/table';
import { fieldList } from '../options/fields.js';
import { filterOf } from '../options/filter-argument.js';
import { integer } from '../options/values/numbers.js';
import { listFormat } from '../output/list-format.js';
import { shownOf, writeAll, writeList } from '../output/write-list.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { noteEmpty } from '../source/empty-note.js';
import { hintLookup } from '../source/lookup-hint.js';
import { type SourceOptions, withTable } from '../source/source.js';
import type { DisplayOptions } from '../terminal/options.js';

/** The options of `ctctl list`. */
export interface ListArguments extends SourceOptions, DisplayOptions {
  sort?: string;
  limit?: string;
  fields?: string;
  output?: string;
  watch?: string | boolean;
}

/** A sorted list is kept in memory, so it always has a limit. */
const SORTED_LIMIT = 1000;

/** Runs `ctctl list [FILTER…]`. */
export async function list(context: Context, words: readonly string[], options: ListArguments): Promise<number> {
  const { io } = context;
  const { signal } = io;
  const fields = options.fields === undefined ? undefined : fieldList(options.fields);
  const sort = options.sort === undefined ? undefined : parseSort(options.sort);
  const format = await listFormat(io, options.output, fields, options, sort);
  const filter = await filterOf(io, words, 'read');
  const limit = options.limit === undefined ? undefined : integer(options.limit, '--limit');
  const onTerminal = 'table' in format && format.table.terminal.isTerminal;
  if (options.watch !== undefined) {
    const { watchList } = await import('./list-watch.js');
    return watchList(context, { filter, ...(sort && { sort }), ...(limit !== undefined && { limit }) }, fields, {
      ...options,
      watch: options.watch,
    });
  }
  return withTable(io, options, async table => {
    if (sort === undefined && (limit === undefined || !onTerminal)) {
      const which = { filter, signal, ...(limit !== undefined && { limit }) };
      const count = await writeAll(context, format, table, which);
      if (onTerminal && count > 0) await context.output.write(`${shownOf(count, count)}\n`);
      if (count === 0) await hintLookup(io, filter);
      await noteEmpty(io, table, count);
      return EXIT.ok;
    }
    // A page also counts what is beyond its limit.
    const { items, matched } = await table.page({
      filter,
      ...(sort && { sort }),
      signal,
      limit: limit ?? SORTED_LIMIT,
    });
    await noteEmpty(io, table, await writeList(context, format, one(items)));
    if (onTerminal && matched > 0) await context.output.write(`${shownOf(items.length, matched)}\n`);
    else if (limit === undefined && matched > items.length)
      say(io, `the first ${items.length} of ${matched} are shown. Use --limit for more`);
    return EXIT.ok;
  });
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield item;
}
