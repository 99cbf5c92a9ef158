import { ALL } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { printQuery } from '@conntrack/filter/print';
import type { Flow } from '@conntrack/flow';
import { flag, listOf, type OptionRule, type OptionRules, objectOf, text, whole } from '@conntrack/flow';
import { type Page, TableError } from '@conntrack/flow/table';
import { FILTERED_RULES } from '../option-rules.js';
import type { RowCursor } from '../source/rows.js';
import type { TableSource } from '../source/source.js';
import type { ListOptions, PageOptions, SortTerm } from '../table-options.js';
import { BoundedHeap } from './bounded-heap.js';
import { decodePageCursor, encodePageCursor } from './page-cursor.js';
import { printSort, rowOrder, type SortKey } from './sort.js';
import { MOVING_FIELDS } from './sort-fields.js';

const sortTerms: OptionRule = listOf(objectOf({ field: text, descending: flag } satisfies OptionRules<SortTerm>));
export const LIST_RULES: OptionRules<ListOptions> = { ...FILTERED_RULES, sort: sortTerms, limit: whole() };

export const PAGE_RULES: OptionRules<PageOptions> = { ...LIST_RULES, cursor: text };

/** The row as it is. */
export const flowOf = (cursor: RowCursor): Flow => cursor.flow();

/** Flows as `ConntrackTable.batches` gives them. */
export async function* listBatches(source: TableSource, options: ListOptions): AsyncGenerator<readonly Flow[]> {
  if (options.sort !== undefined && options.sort.length > 0) {
    if (options.limit === undefined)
      throw new RangeError('a sorted list needs a limit: the table is never held in memory');
    const { items } = await page(source, { ...options, limit: options.limit }, flowOf);
    if (items.length > 0) yield items;
    return;
  }
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  const filter = options.filter ?? ALL;
  const matches = compileFilter(filter);
  for await (const rows of source.scan({ filter, ...(options.signal && { signal: options.signal }) })) {
    const batch: Flow[] = [];
    for (const cursor = rows.cursor(); left > 0 && cursor.next(); ) {
      if (!matches(cursor) || rows.isRepeated?.(cursor)) continue;
      batch.push(cursor.flow());
      left--;
    }
    if (batch.length > 0) yield batch;
    if (left <= 0) return;
  }
}

const unpaged = ({ field }: SortTerm): TableError =>
  new TableError(
    'CURSOR_INVALID',
    `a list sorted by '${field}' has no second page, as its values change meanwhile; ask for a larger limit, or sort by a field that stays, as start or src`,
  );

/** One page: the `limit` first rows behind the cursor, kept in a heap over one scan. */
export async function page<Item>(
  source: TableSource,
  options: PageOptions,
  item: (cursor: RowCursor) => Item,
): Promise<Page<Item>> {
  const filter = options.filter ?? ALL;
  const terms = options.sort ?? [];
  const order = rowOrder(terms);
  const identity = `${printQuery(filter)}\n${printSort(terms)}`;
  const moving = terms.find(({ field }) => MOVING_FIELDS.has(field));
  if (moving !== undefined && options.cursor !== undefined) throw unpaged(moving);
  const after = options.cursor === undefined ? undefined : decodePageCursor(identity, options.cursor, terms.length + 1);
  const matches = compileFilter(filter);
  const heap = new BoundedHeap<SortKey, Item>(options.limit, order.compare);
  let scanned = 0;
  let matched = 0;
  let remaining = 0;
  // Without a sort rows come by id: nearly all of a big table are told by it to be of a later page, and cost no key.
  let bar = Number.POSITIVE_INFINITY;
  for await (const rows of source.scan({ filter, ...(options.signal && { signal: options.signal }) })) {
    for (const cursor = rows.cursor(); cursor.next(); ) {
      scanned++;
      if (!matches(cursor) || rows.isRepeated?.(cursor)) continue;
      matched++;
      if (cursor.id() > bar) {
        remaining++;
        continue;
      }
      const key = order.key(cursor, scanned);
      if (after !== undefined && order.compare(key, after) <= 0) continue;
      remaining++;
      if (!heap.accepts(key)) continue;
      heap.push(key, item(cursor));
      if (terms.length === 0) bar = Number(heap.bar?.[0] ?? Number.POSITIVE_INFINITY);
    }
  }
  const kept = heap.sorted();
  const last = kept.at(-1);
  return {
    items: kept.map(each => each.item),
    next:
      last !== undefined && remaining > kept.length && moving === undefined
        ? encodePageCursor(identity, last.key)
        : null,
    more: remaining - kept.length,
    scanned,
    matched,
  };
}
