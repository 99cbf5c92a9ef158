import { ALL, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { listOf, type OptionRule, type OptionRules, object, objectOf, whole } from '@conntrack/flow/checks';
import type { Overview } from '@conntrack/flow/table';
import { oneFilter } from '../option-rules.js';
import { checkAvailable } from '../source/requirements.js';
import type { RowCursor } from '../source/rows.js';
import type { TableSource } from '../source/source.js';
import type { OverviewOptions } from '../table-options.js';
import { LIST_RULES, pageScan } from './list.js';
import { matchingRows, newCounts } from './matching-rows.js';
import { readScan } from './read-scan.js';
import { TOP_RULES, topScan } from './top.js';
import { sortedWindow } from './window.js';

const { filter: _, signal: __, fresh: ___, ...GROUP_RULES } = TOP_RULES;

const filtersByName: OptionRule = (value, complain, at, key) => {
  object(value, complain, at, key);
  for (const [name, filter] of Object.entries(value as object)) oneFilter(filter, complain, `${at}: ${key}`, name);
};

export const OVERVIEW_RULES: OptionRules<OverviewOptions> = {
  ...LIST_RULES,
  offset: whole(),
  groups: listOf(objectOf(GROUP_RULES)),
  counts: filtersByName,
};

/** Counts the rows that match one of several filters. */
const counterOf = (name: string, filter: Filter) => ({ name, filter, matches: compileFilter(filter), count: 0 });

/**
 * Returns the first rows, rankings of groups and counts of the flows that match a filter, in one scan. With an `offset`, an index gives the
 * rows from a sorted view, whose number of matching rows is then the result's. Memory is limited: the rows to
 * return, and for each ranking at most 65,536 groups.
 *
 * @throws TableError SORT_INVALID, FIELD_UNAVAILABLE
 */
export async function overview<Item>(
  source: TableSource,
  options: OverviewOptions,
  item: (cursor: RowCursor) => Item,
): Promise<Overview<Item>> {
  const { filter = ALL, sort = [], signal } = options;
  const groups = (options.groups ?? []).map(each => topScan(each, filter));
  const counters = Object.entries(options.counts ?? {}).map(([name, each]) => counterOf(name, each));
  const needs = [...sort, ...groups.flatMap(each => each.needs)];
  await checkAvailable(source, { ...options, sort: needs });
  for (const counter of counters) await checkAvailable(source, { ...options, filter: counter.filter });
  const window = await sortedWindow(source, options, item);
  if (window !== undefined && groups.length === 0 && counters.length === 0)
    return { ...window, groups: [], counts: {} };
  const page = pageScan(window === undefined ? { ...options, filter } : { filter, limit: 0 }, item);
  const counts = newCounts();
  const copy = readScan(
    options,
    needs,
    counters.map(each => each.filter),
  );
  for await (const rows of matchingRows(source, { filter, ...copy, ...(signal && { signal }) }, counts)) {
    const { cursor } = rows;
    while (rows.next()) {
      page.add(cursor, counts.scanned);
      for (const group of groups) group.add(cursor);
      for (const counter of counters) if (counter.matches(cursor)) counter.count++;
    }
  }
  const { matched, scanned } = counts;
  const { items, more } = page.result();
  return {
    ...(window ?? { items, more, matched }),
    scanned,
    groups: groups.map(each => each.result()),
    counts: Object.fromEntries(counters.map(({ name, count }) => [name, count])),
  };
}
