import { ALL, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { type FlowCursor, ORIGINAL, REPLY } from '@conntrack/flow';
import { TableError } from '../errors.js';
import { checkAvailable } from '../source/requirements.js';
import type { TableSource } from '../source/source.js';
import { GROUPINGS, type GroupKey, groupText } from './groups.js';
import { HeavyHitters } from './heavy-hitters.js';

/** What a group is weighed by; bytes and packets are of both directions together. */
export type Metric = 'flows' | 'bytes' | 'packets';

/** What to gather, and how much of it. */
export interface TopOptions {
  /** A field of {@link TOP_FIELDS}. */
  by: string;
  /** `flows` unless told. */
  metric?: Metric;
  /** How many groups to answer (20 unless told). */
  k?: number;
  filter?: Filter;
  /** Groups that are counted exactly, at most (65,536 unless told): the bound of the memory it takes. */
  capacity?: number;
  signal?: AbortSignal;
}

/** One group. */
export interface TopItem {
  /** The field's value as text; `-` for flows that have not got it. */
  group: string;
  /** Its sum; never too small, and too great by at most `error`. */
  value: number;
  error: number;
}

/** The heaviest groups. */
export interface Top {
  by: string;
  metric: Metric;
  items: TopItem[];
  /** There were more groups than `capacity`: sums may be too great by their `error`, and light groups may be missing. */
  approximate: boolean;
  /** How many groups there are; at least so many when approximate. */
  groups: number;
  /** The metric over all that match. */
  total: number;
  matched: number;
  scanned: number;
}

/** The fields that {@link TopOptions.by} can name. */
export const TOP_FIELDS: readonly string[] = Object.keys(GROUPINGS);

/** Some megabytes at the most. */
const CAPACITY = 65_536;
const K = 20;

const both = (read: (direction: typeof ORIGINAL | typeof REPLY) => number): number =>
  Math.max(0, read(ORIGINAL)) + Math.max(0, read(REPLY));

const WEIGHTS: Readonly<Record<Metric, (cursor: FlowCursor) => number>> = {
  flows: () => 1,
  bytes: cursor => both(direction => cursor.bytes(direction)),
  packets: cursor => both(direction => cursor.packets(direction)),
};

/** The heaviest groups, in one scan and bounded memory. @throws TableError SORT_INVALID, FIELD_UNAVAILABLE */
export async function top(source: TableSource, options: TopOptions): Promise<Top> {
  const { by, metric = 'flows', k = K, filter = ALL, capacity = CAPACITY, signal } = options;
  const grouping = Object.hasOwn(GROUPINGS, by) ? GROUPINGS[by] : undefined;
  if (grouping === undefined)
    throw new TableError('SORT_INVALID', `cannot gather by '${by}'; fields: ${TOP_FIELDS.join(', ')}`);
  if (!Object.hasOwn(WEIGHTS, metric))
    throw new TableError('SORT_INVALID', `'${metric}' is no metric; metrics: ${Object.keys(WEIGHTS).join(', ')}`);
  if (!(capacity >= k && k >= 0))
    throw new RangeError(`k (${k}) must be at least 0, and capacity (${capacity}) at least k`);
  const sort = metric === 'flows' ? [] : [{ field: metric }];
  await checkAvailable(source, { filter, sort, ...(signal && { signal }) });
  const matches = compileFilter(filter);
  const weigh = WEIGHTS[metric];
  const sums = new HeavyHitters<GroupKey>(Math.max(1, capacity));
  const result: Top = { by, metric, items: [], approximate: false, groups: 0, total: 0, matched: 0, scanned: 0 };
  for await (const rows of source.scan({ filter, ...(signal && { signal }) }))
    for (const cursor = rows.cursor(); cursor.next(); ) {
      result.scanned++;
      if (!matches(cursor) || rows.seen?.(cursor)) continue;
      result.matched++;
      const weight = weigh(cursor);
      result.total += weight;
      sums.add(grouping.key(cursor), weight);
    }
  const text = (key: GroupKey): string => groupText(grouping, key);
  result.items = sums
    .top(k, (one, other) => (text(one) < text(other) ? -1 : 1))
    .map(({ key, sum, error }) => ({ group: text(key), value: sum, error }));
  return { ...result, approximate: sums.approximate, groups: sums.size };
}
