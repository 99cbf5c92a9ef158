import type { Column } from '@conntrack/flow/columns';
import type { ListOptions, MatchingRows, SortTerm, Table } from '@conntrack/table';
import { parseWords, sayWarnings } from '../options/filter-argument.js';
import { integer } from '../options/values/numbers.js';
import type { ListFormat } from '../output/list-format.js';
import { shownOf, writeAll, writeList } from '../output/write-list.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { type Io, say } from '../process/io.js';
import { noteEmpty } from '../source/empty-note.js';
import { isLocal } from '../source/is-local.js';
import { hintLookup } from '../source/lookup-hint.js';
import { type SourceOptions, withTable } from '../source/source.js';
import { whileReading } from '../source/while-reading.js';
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

/** The columns of `--fields`. @throws UsageError */
const fieldsOf = async ({ fields }: ListArguments): Promise<readonly Column[] | undefined> =>
  fields === undefined ? undefined : (await import('../options/fields.js')).fieldList(fields);

/** The fields that a reader of `--fields` reads. */
async function readsOf(options: ListArguments): Promise<Pick<ListOptions, 'reads'>> {
  const fields = await fieldsOf(options);
  return fields === undefined ? {} : { reads: (await import('../options/fields.js')).fieldNames(fields) };
}

/** The format of the list. Its code is loaded with it. @throws UsageError */
async function formatOf(io: Io, options: ListArguments, sort: readonly SortTerm[] | undefined): Promise<ListFormat> {
  const fields = await fieldsOf(options);
  const { listFormat } = await import('../output/list-format.js');
  return listFormat(io, options.output, fields, options, sort);
}

/** Runs `ctctl list [FILTER…]`. */
export async function list(context: Context, words: readonly string[], options: ListArguments): Promise<number> {
  const { io } = context;
  const sort = options.sort === undefined ? undefined : (await import('../options/sort.js')).parseSort(options.sort);
  const parsed = await parseWords(words, 'read');
  const limit = options.limit === undefined ? undefined : integer(options.limit, '--limit');
  const which = { filter: parsed.filter, ...(sort && { sort }), ...(limit !== undefined && { limit }) };
  if (options.watch !== undefined) {
    const { watchList } = await import('./list-watch.js');
    sayWarnings(io, parsed);
    return watchList(context, which, await fieldsOf(options), { ...options, watch: options.watch });
  }
  let format: Promise<ListFormat> | undefined;
  const loadFormat = (): Promise<ListFormat> => (format ??= formatOf(io, options, sort));
  try {
    return await withTable(io, options, async table => {
      // Not before the table is open, because that can end in Incomplete.
      sayWarnings(io, parsed);
      return await write(context, table, { ...which, ...(await readsOf(options)), signal: io.signal }, loadFormat);
    });
  } catch (error) {
    // A wrong option is reported before a table that cannot be opened.
    await loadFormat();
    throw error;
  }
}

/** Writes the list, in the format that is loaded when the table is already read. */
async function write(
  context: Context,
  table: Table,
  which: ListOptions,
  loadFormat: () => Promise<ListFormat>,
): Promise<number> {
  const { io, output } = context;
  const { filter, sort, limit } = which;
  let format: ListFormat;
  let rows: AsyncIterable<MatchingRows> | undefined;
  if (sort === undefined && limit === undefined && isLocal(table))
    [rows, format] = await whileReading(table.rows(which), loadFormat);
  else format = await loadFormat();
  const onTerminal = 'table' in format && format.table.terminal.isTerminal;
  if (sort === undefined && (limit === undefined || !onTerminal)) {
    const count = await writeAll(context, format, table, which, rows);
    if (onTerminal && count > 0) await output.write(`${shownOf(count, count)}\n`);
    if (count === 0) await hintLookup(io, filter!);
    await noteEmpty(io, table, count);
    return EXIT.ok;
  }
  // A page also counts what is beyond its limit.
  const { items, matched } = await table.page({ ...which, limit: limit ?? SORTED_LIMIT });
  await noteEmpty(io, table, await writeList(context, format, one(items)));
  if (onTerminal && matched > 0) await output.write(`${shownOf(items.length, matched)}\n`);
  else if (limit === undefined && matched > items.length)
    say(io, `the first ${items.length} of ${matched} are shown. Use --limit for more`);
  return EXIT.ok;
}

async function* one<T>(item: T): AsyncGenerator<T> {
  yield item;
}
