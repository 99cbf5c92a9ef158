import { ALL } from '@conntrack/filter';
import type { FlowCursor } from '@conntrack/flow';
import { type OptionRules, suggestion, text, whole } from '@conntrack/flow/checks';
import { ORIGINAL, REPLY } from '@conntrack/flow/codec';
import { type Metric, TableError, type Top } from '@conntrack/flow/table';
import { FILTERED_RULES } from '../option-rules.js';
import { checkAvailable } from '../source/requirements.js';
import type { TableSource } from '../source/source.js';
import type { TopOptions } from '../table-options.js';
import { GROUPINGS, type GroupKey, groupText } from './groups.js';
import { HeavyHitters } from './heavy-hitters.js';
import { matchingRows, newCounts } from './matching-rows.js';

/** Options of `top` in this process. */
export interface LocalTopOptions extends TopOptions {
  /** Maximum number of groups that are counted exactly, which limits the memory. Default: 65,536. */
  capacity?: number;
}
export const TOP_RULES: OptionRules<LocalTopOptions> = {
  ...FILTERED_RULES,
  by: text,
  metric: text,
  k: whole(),
  capacity: whole(),
};

/** The values that {@link TopOptions.by} can have. */
export const TOP_FIELDS: readonly string[] = Object.keys(GROUPINGS);

/** Needs some megabytes at most. */
const CAPACITY = 65_536;
const K = 20;

const both = (read: (direction: typeof ORIGINAL | typeof REPLY) => number): number =>
  Math.max(0, read(ORIGINAL)) + Math.max(0, read(REPLY));

const WEIGHTS: Readonly<Record<Metric, (cursor: FlowCursor) => number>> = {
  flows: () => 1,
  bytes: cursor => both(direction => cursor.bytes(direction)),
  packets: cursor => both(direction => cursor.packets(direction)),
};

/** Returns the groups with the largest sums, in one scan with limited memory. @throws TableError SORT_INVALID, FIELD_UNAVAILABLE */
export async function top(source: TableSource, options: LocalTopOptions): Promise<Top> {
  const { by, metric = 'flows', k = K, filter = ALL, capacity = CAPACITY, signal } = options;
  const grouping = Object.hasOwn(GROUPINGS, by) ? GROUPINGS[by] : undefined;
  if (grouping === undefined)
    throw new TableError('SORT_INVALID', `cannot group by '${by}'${suggestion(by, TOP_FIELDS, 'Fields')}`);
  if (!Object.hasOwn(WEIGHTS, metric))
    throw new TableError(
      'SORT_INVALID',
      `unknown metric '${metric}'${suggestion(metric, Object.keys(WEIGHTS), 'Metrics')}`,
    );
  if (!(capacity >= k && k >= 0))
    throw new RangeError(`k (${k}) must be at least 0, and capacity (${capacity}) at least k`);
  const sort = metric === 'flows' ? [] : [{ field: metric }];
  await checkAvailable(source, { filter, sort, ...(signal && { signal }) });
  const weigh = WEIGHTS[metric];
  const sums = new HeavyHitters<GroupKey>(Math.max(1, capacity));
  const counts = newCounts();
  let total = 0;
  for await (const rows of matchingRows(source, { filter, ...(signal && { signal }) }, counts)) {
    const { cursor } = rows;
    while (rows.next()) {
      const weight = weigh(cursor);
      total += weight;
      sums.add(grouping.key(cursor), weight);
    }
  }
  const text = (key: GroupKey): string => groupText(grouping, key);
  const items = sums
    .top(k, (one, other) => (text(one) < text(other) ? -1 : 1))
    .map(({ key, sum, error }) => ({ group: text(key), value: sum, error }));
  const { matched, scanned } = counts;
  return { by, metric, items, approximate: sums.approximate, groups: sums.size, total, matched, scanned };
}
