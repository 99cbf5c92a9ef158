import { TableError } from '@conntrack/flow/table';
import { withoutIndex } from '../source/requirements.js';
import type { RowCursor } from '../source/rows.js';
import type { TableSource } from '../source/source.js';
import type { PageOptions } from '../table-options.js';
import { readScan } from './read-scan.js';
import { TEXT_SORTS } from './sort-fields.js';

/** Maximum number of rows from the first row of a list to the last one of a window, without a sorted view. */
const FIRST_ROWS = 10_000;
/** Maximum number of terms that a sorted view is ordered by: each takes up memory for every row while the view is made. */
const MAX_TERMS = 4;

/** A part of a sorted list, by the numbers of its rows. */
export interface Window<Item> {
  items: Item[];
  more: number;
  matched: number;
  scanned: number;
}

/**
 * Returns the rows of a window from a sorted view, if the source has an index. Returns `undefined` if the options have no `offset`, or if
 * the rows are among the first of the list, so that a scan can keep all rows up to them.
 *
 * @throws TableError UNSUPPORTED for later rows of a table without a current index; SORT_INVALID for too many terms
 */
export async function sortedWindow<Item>(
  source: TableSource,
  options: Omit<PageOptions, 'cursor'>,
  item: (cursor: RowCursor) => Item,
): Promise<Window<Item> | undefined> {
  const { offset, limit, filter, sort = [], fresh = false, signal } = options;
  if (offset === undefined) return undefined;
  if (sort.length > MAX_TERMS)
    throw new TableError('SORT_INVALID', `a list with an offset can be sorted by at most ${MAX_TERMS} fields`);
  const { current, measured } = readScan(options, sort);
  const view =
    fresh || sort.some(({ field }) => TEXT_SORTS.has(field))
      ? undefined
      : await source.sorted?.({
          sort,
          ...(current && { current }),
          ...(measured && { measured }),
          ...(filter && { filter }),
          ...(signal && { signal }),
        });
  if (view === undefined) {
    if (offset + limit > FIRST_ROWS) throw tooFar(source, offset + limit, fresh);
    return undefined;
  }
  const { matched, scanned } = view;
  const end = Math.min(matched, offset + limit);
  const items: Item[] = [];
  if (offset < end) for (const cursor = view.cursor(offset, end); cursor.next(); ) items.push(item(cursor));
  return { items, more: matched - Math.max(end, Math.min(offset, matched)), matched, scanned };
}

function tooFar(source: TableSource, end: number, fresh: boolean): TableError {
  const what = `offset + limit is ${end}, but only the first ${FIRST_ROWS} rows of a list can be read by number`;
  return new TableError('UNSUPPORTED', `${what} ${withoutIndex(source, fresh)}, or narrow the filter`);
}
