import { type LocalTable, parseSort, type Table } from '@conntrack/table';
import { filterOf } from '../options/filter-argument.js';
import { integer } from '../options/values/numbers.js';
import { outputFormat } from '../output/formats.js';
import { writeFlows, writeRows } from '../output/write-flows.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { say } from '../process/io.js';
import { noteEmpty } from '../source/empty-note.js';
import { type SourceOptions, withTable } from '../source/source.js';

interface ListArguments extends SourceOptions {
  sort?: string;
  limit?: string;
  output: string;
}

/** A sorted list is kept in memory, so it always has a limit. */
const SORTED_LIMIT = 1000;

/** Whether a table can return rows without making objects. */
const isLocal = (table: Table): table is LocalTable => 'rows' in table;

/** Runs `ctctl list [FILTER…]`. */
export async function list({ io, output }: Context, words: readonly string[], options: ListArguments): Promise<number> {
  const format = await outputFormat(options.output);
  const filter = await filterOf(words, { purpose: 'read', warn: text => say(io, text) });
  const limit = options.limit === undefined ? undefined : integer(options.limit, '--limit');
  const sort = options.sort === undefined ? undefined : parseSort(options.sort);
  const { signal } = io;
  await withTable(io, options, async table => {
    if (sort === undefined) {
      const which = { filter, signal, ...(limit !== undefined && { limit }) };
      const count = isLocal(table)
        ? await writeRows({ io, output }, format, table.rows(which))
        : await writeFlows({ io, output }, format, table.batches(which));
      await noteEmpty(io, table, count);
      return;
    }
    const { items, matched } = await table.page({ filter, sort, signal, limit: limit ?? SORTED_LIMIT });
    await noteEmpty(io, table, await writeFlows({ io, output }, format, one(items)));
    if (limit === undefined && matched > items.length)
      say(io, `the first ${items.length} of ${matched} are shown. Use --limit for more`);
  });
  return EXIT.ok;
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield item;
}
