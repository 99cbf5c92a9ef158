import { ALL, anyOf, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import type { Counts } from '@conntrack/flow/table';
import { checkAvailable } from '../source/requirements.js';
import type { TableSource } from '../source/source.js';
import type { ReadOptions } from '../table-options.js';
import { matchingRows, newCounts } from './matching-rows.js';
import { readScan } from './read-scan.js';

/** Counts the flows that match each of several filters, in one scan. @throws TableError FIELD_UNAVAILABLE */
export async function countEach<Name extends string>(
  source: TableSource,
  filters: Readonly<Record<Name, Filter>>,
  options: Omit<ReadOptions, 'filter'>,
): Promise<Counts<Name>> {
  const { signal } = options;
  const named = Object.entries<Filter>(filters);
  for (const [, filter] of named) await checkAvailable(source, { ...options, filter });
  const counters = named.map(([name, filter]) => ({ name, matches: compileFilter(filter), count: 0 }));
  const filter = anyOf(named.map(([, each]) => each));
  let matched = 0;
  let scanned = 0;
  for await (const rows of source.scan({ filter, ...readScan({ ...options, filter }), ...(signal && { signal }) }))
    for (const cursor = rows.cursor(); cursor.next(); ) {
      scanned++;
      if (rows.isRepeated?.(cursor)) continue;
      let any = false;
      for (const counter of counters)
        if (counter.matches(cursor)) {
          counter.count++;
          any = true;
        }
      if (any) matched++;
    }
  const counts = Object.fromEntries(counters.map(({ name, count }) => [name, count])) as Record<Name, number>;
  return { counts, matched, scanned };
}

/** Counts the flows that match. Without a filter, asks the source if it knows the number. @throws TableError FIELD_UNAVAILABLE */
export async function countMatching(source: TableSource, options: ReadOptions): Promise<number> {
  const { filter = ALL, signal } = options;
  if (filter.kind === 'all' && source.size !== undefined) return source.size(signal);
  await checkAvailable(source, { ...options, filter });
  const counts = newCounts();
  const read = { filter, ...readScan(options), ...(signal && { signal }) };
  for await (const rows of matchingRows(source, read, counts)) while (rows.next());
  return counts.matched;
}
