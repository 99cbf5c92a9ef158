import { ALL } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import type { Flow } from '@conntrack/flow';
import { flag, listOf, type OptionRule, type OptionRules, objectOf, text, whole } from '@conntrack/flow/checks';
import { type Page, TableError } from '@conntrack/flow/table';
import { READ_RULES } from '../option-rules.js';
import type { RowCursor } from '../source/rows.js';
import type { TableSource } from '../source/source.js';
import type { ListOptions, PageOptions, SortTerm } from '../table-options.js';
import { BoundedHeap } from './bounded-heap.js';
import { type MatchingRows, matchingRows, newCounts, type RowCounts, rowsOfFlows } from './matching-rows.js';
import { decodePageCursor, encodePageCursor } from './page-cursor.js';
import { readScan } from './read-scan.js';
import { printSort, rowOrder, type SortKey } from './sort.js';
import { MOVING_FIELDS } from './sort-fields.js';
import { sortedWindow } from './window.js';

const sortTerms: OptionRule = listOf(objectOf({ field: text, descending: flag } satisfies OptionRules<SortTerm>));
export const LIST_RULES: OptionRules<ListOptions> = {
  ...READ_RULES,
  sort: sortTerms,
  limit: whole(),
  reads: listOf(text),
};

export const PAGE_RULES: OptionRules<PageOptions> = { ...LIST_RULES, cursor: text, offset: whole() };

/** Returns the flow of a row. */
export const flowOf = (cursor: RowCursor): Flow => cursor.flow();

/** Yields the rows of a list, in its order. `counts` is updated while they are read. */
export async function* listRows(
  source: TableSource,
  options: ListOptions,
  counts: RowCounts = newCounts(),
): AsyncGenerator<MatchingRows> {
  const { sort = [], limit } = options;
  if (sort.length === 0) {
    const { filter = ALL, signal } = options;
    const wanted = readScan(options);
    // A list of everything is as fast from the table itself, and its counters are current.
    const scan = filter.kind === 'all' && wanted.measured === undefined ? {} : wanted;
    const limited = { filter, ...(limit !== undefined && { limit }), ...(signal && { signal }) };
    return yield* matchingRows(source, { ...limited, ...scan }, counts);
  }
  if (limit === undefined)
    throw new RangeError('a sorted list requires a limit, because the table is never held in memory');
  const { items, scanned, matched } = await page(source, { ...options, limit }, flowOf);
  yield rowsOfFlows(items, counts);
  Object.assign(counts, { scanned, matched: items.length, limited: matched > items.length });
}

/** Yields the flows of a list in batches. */
export async function* listBatches(source: TableSource, options: ListOptions): AsyncGenerator<readonly Flow[]> {
  for await (const rows of listRows(source, options)) {
    const batch: Flow[] = [];
    while (rows.next()) batch.push(rows.cursor.flow());
    if (batch.length > 0) yield batch;
  }
}

const unpaged = ({ field }: SortTerm): TableError =>
  new TableError(
    'CURSOR_INVALID',
    `a list sorted by '${field}' has only one page, because its values change. Use a larger limit, or sort by a field that does not change, such as start or src`,
  );

/** A page that is made while rows are scanned. */
export interface PageScan<Item> {
  /** Adds the row of the cursor. `ordinal` orders the rows of sources without ids. */
  add(cursor: RowCursor, ordinal: number): void;
  /** The page, after all rows. */
  result(): Pick<Page<Item>, 'items' | 'next' | 'more'>;
}

/**
 * Prepares a page: the rows up to its last one, after the cursor, are kept in a heap.
 *
 * @param still whether no value of a row changes
 *
 * @throws TableError CURSOR_INVALID
 */
export function pageScan<Item>(options: PageOptions, item: (cursor: RowCursor) => Item, still = false): PageScan<Item> {
  const { filter = ALL, sort: terms = [], offset = 0, limit } = options;
  const order = rowOrder(terms);
  const identity = `${printQuery(filter)}\n${printSort(terms)}`;
  const moving = still ? undefined : terms.find(({ field }) => MOVING_FIELDS.has(field));
  if (moving !== undefined && options.cursor !== undefined) throw unpaged(moving);
  const after = options.cursor === undefined ? undefined : decodePageCursor(identity, options.cursor, terms.length + 1);
  const heap = new BoundedHeap<SortKey, Item>(offset + limit, order.compare);
  let remaining = 0;
  // Without a sort, rows are ordered by id. In a big table, the id shows of nearly every row that it belongs to a later page, without
  // making its key.
  let bar = Number.POSITIVE_INFINITY;
  return {
    add(cursor, ordinal) {
      if (cursor.id() > bar) {
        remaining++;
        return;
      }
      const key = order.key(cursor, ordinal);
      if (after !== undefined && order.compare(key, after) <= 0) return;
      remaining++;
      if (!heap.accepts(key)) return;
      heap.push(key, item(cursor));
      if (terms.length === 0) bar = Number(heap.bar?.[0] ?? Number.POSITIVE_INFINITY);
    },
    result() {
      const kept = heap.sorted();
      const last = kept.at(-1);
      return {
        items: kept.slice(offset).map(each => each.item),
        next:
          last !== undefined && remaining > kept.length && moving === undefined && options.offset === undefined
            ? encodePageCursor(identity, last.key)
            : null,
        more: remaining - kept.length,
      };
    },
  };
}

/** Returns one page in one scan, or from a sorted view. */
export async function page<Item>(
  source: TableSource,
  options: PageOptions,
  item: (cursor: RowCursor) => Item,
): Promise<Page<Item>> {
  const { filter = ALL, sort = [], signal } = options;
  if (options.offset !== undefined && options.cursor !== undefined)
    throw new TableError('CURSOR_INVALID', 'a page begins at its cursor or at its offset. Give one of them');
  const window = await sortedWindow(source, options, item);
  if (window !== undefined) return { ...window, next: null };
  // What has ended no longer changes.
  const scan = pageScan(options, item, source.info.kind === 'history');
  const counts = newCounts();
  const read = { filter, ...readScan(options, sort), ...(signal && { signal }) };
  for await (const rows of matchingRows(source, read, counts)) {
    const { cursor } = rows;
    while (rows.next()) scan.add(cursor, counts.scanned);
  }
  const { scanned, matched } = counts;
  return { ...scan.result(), scanned, matched };
}
