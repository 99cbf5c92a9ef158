import { ALL, allOf, type Filter } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import type { FlowCursor } from '@conntrack/flow';
import { expecting, type OptionRules, suggestion, text, whole } from '@conntrack/flow/checks';
import { ORIGINAL, REPLY } from '@conntrack/flow/codec';
import { type Metric, type Ranking, TableError, type Top, type TopItem } from '@conntrack/flow/table';
import { READ_RULES } from '../option-rules.js';
import { checkAvailable } from '../source/requirements.js';
import type { TableSource } from '../source/source.js';
import type { TopOptions } from '../table-options.js';
import { DistinctCounts } from './distinct.js';
import { type GroupBy, groupText, parseGroupBy } from './group-by.js';
import { ABSENT, GROUPINGS, type GroupKey } from './groups.js';
import { HeavyHitters } from './heavy-hitters.js';
import { largest } from './largest.js';
import { matchingRows, newCounts } from './matching-rows.js';
import { readScan } from './read-scan.js';

/** Options of `top` in this process. */
export interface LocalTopOptions extends TopOptions {
  /** Maximum number of groups that are counted exactly, which limits the memory. Default: 65,536. */
  capacity?: number;
  /** Maximum number of distinct values in all groups together that are counted exactly. Default: 131,072. */
  distinctCapacity?: number;
}

const fields = expecting(
  'text or a list of texts',
  value => typeof value === 'string' || (Array.isArray(value) && value.every(each => typeof each === 'string')),
);

export const TOP_RULES: OptionRules<LocalTopOptions> = {
  ...READ_RULES,
  by: fields,
  distinct: fields,
  metric: text,
  k: whole(),
  capacity: whole(),
  distinctCapacity: whole(),
};

/** The fields that {@link TopOptions.by} and {@link TopOptions.distinct} can name. */
export const TOP_FIELDS: readonly string[] = Object.keys(GROUPINGS);

/** Both need some megabytes at most. */
const CAPACITY = 65_536;
const DISTINCT_CAPACITY = 131_072;
const K = 20;

const both = (read: (direction: typeof ORIGINAL | typeof REPLY) => number): number =>
  Math.max(0, read(ORIGINAL)) + Math.max(0, read(REPLY));

const WEIGHTS: Readonly<Record<Exclude<Metric, 'distinct'>, (cursor: FlowCursor) => number>> = {
  flows: () => 1,
  bytes: cursor => both(direction => cursor.bytes(direction)),
  packets: cursor => both(direction => cursor.packets(direction)),
  rate: cursor => both(direction => cursor.rate?.(direction) ?? -1),
};

/** How groups are ranked during a scan. */
interface Sums {
  add(group: GroupKey, cursor: FlowCursor): void;
  items(): Iterable<{ key: GroupKey; sum: number; error: number }>;
  result(): Pick<Top, 'approximate' | 'groups' | 'total'>;
}

/** Ranks groups by the sum of a weight. */
function bySums(metric: keyof typeof WEIGHTS, capacity: number): Sums {
  const weigh = WEIGHTS[metric];
  const sums = new HeavyHitters<GroupKey>(Math.max(1, capacity));
  let total = 0;
  return {
    add(group, cursor) {
      const weight = weigh(cursor);
      total += weight;
      sums.add(group, weight);
    },
    items: () => sums.items(),
    result: () => ({ approximate: sums.approximate, groups: sums.size, total }),
  };
}

/** Ranks groups by the numbers of distinct values that were already counted. */
const byDistinct = (counts: DistinctCounts): Sums => ({
  add() {},
  items: () => Array.from(counts.groups(), ({ key, count, error }) => ({ key, sum: count, error })),
  result: () => ({ approximate: counts.approximate, groups: counts.size, total: counts.total }),
});

function metricOf({ metric, distinct }: TopOptions): Metric {
  const known = [...Object.keys(WEIGHTS), 'distinct'];
  if (metric !== undefined && !known.includes(metric))
    throw new TableError('SORT_INVALID', `unknown metric '${metric}'${suggestion(metric, known, 'Metrics')}`);
  if (metric === 'distinct' && distinct === undefined)
    throw new TableError('SORT_INVALID', "the metric 'distinct' requires the fields to count: distinct=dport");
  return metric ?? (distinct === undefined ? 'flows' : 'distinct');
}

/** A ranking of groups that is made while rows are scanned. */
export interface TopScan {
  /** The fields that the ranking reads. */
  readonly needs: readonly { field: string }[];
  /** Adds the row of the cursor. */
  add(cursor: FlowCursor): void;
  /** The largest groups of the rows so far. */
  result(): Ranking;
}

/** Prepares a ranking over the rows that match `filter`. @throws TableError SORT_INVALID; RangeError */
export function topScan(options: LocalTopOptions, filter: Filter): TopScan {
  const { k = K, capacity = CAPACITY, distinctCapacity = DISTINCT_CAPACITY } = options;
  const by = parseGroupBy(options.by);
  const distinct = options.distinct === undefined ? undefined : parseGroupBy(options.distinct);
  const metric = metricOf(options);
  if (!(capacity >= k && k >= 0))
    throw new RangeError(`k (${k}) must be at least 0, and capacity (${capacity}) at least k`);
  const values = new DistinctCounts(Math.max(1, distinctCapacity));
  const ranking = metric === 'distinct' ? byDistinct(values) : bySums(metric, capacity);
  return {
    // The metrics `flows` and `distinct` are not fields, and need nothing.
    needs: [metric, ...by.fields, ...(distinct?.fields ?? [])].map(field => ({ field })),
    add(cursor) {
      const group = by.key(cursor);
      ranking.add(group, cursor);
      if (distinct === undefined) return;
      const value = distinct.key(cursor);
      if (value !== ABSENT) values.add(group, value);
    },
    result: () => ({
      by: by.text,
      metric,
      ...(distinct && { distinct: distinct.text, distinctApproximate: values.approximate }),
      items: largest([...ranking.items()], k, ({ key }) => groupText(by, by.values(key))).map(
        itemOf(by, filter, distinct && values),
      ),
      ...ranking.result(),
    }),
  };
}

/** Returns the groups with the largest sums, in one scan with limited memory. @throws TableError SORT_INVALID, FIELD_UNAVAILABLE */
export async function top(source: TableSource, options: LocalTopOptions): Promise<Top> {
  const { filter = ALL, signal } = options;
  const scan = topScan(options, filter);
  await checkAvailable(source, { ...options, filter, sort: scan.needs });
  const counts = newCounts();
  const read = { filter, ...readScan(options, scan.needs), ...(signal && { signal }) };
  for await (const rows of matchingRows(source, read, counts)) while (rows.next()) scan.add(rows.cursor);
  const { matched, scanned } = counts;
  return { ...scan.result(), matched, scanned };
}

/** Returns how a group is reported. */
function itemOf(by: GroupBy, filter: NonNullable<TopOptions['filter']>, values: DistinctCounts | undefined) {
  return ({ key, sum, error }: { key: GroupKey; sum: number; error: number }): TopItem => {
    const group = by.values(key);
    const distinct = values?.of(key);
    return {
      group: groupText(by, group),
      values: group,
      filter: printQuery(allOf([filter, by.filter(key)])),
      value: sum,
      error,
      ...(distinct && { distinct: distinct.count, distinctError: distinct.error }),
    };
  };
}
