import { anyOf, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { checkAvailable } from '../source/requirements.js';
import type { TableSource } from '../source/source.js';

/** How many flows match each of many filters. */
export interface Counts<Name extends string = string> {
  counts: Record<Name, number>;
  /** Flows that match any of them. */
  matched: number;
  /** Rows looked at. */
  scanned: number;
}

/** Many counts in one scan. @throws TableError FIELD_UNAVAILABLE */
export async function countEach<Name extends string>(
  source: TableSource,
  filters: Readonly<Record<Name, Filter>>,
  signal: AbortSignal | undefined,
): Promise<Counts<Name>> {
  const named = Object.entries<Filter>(filters);
  for (const [, filter] of named) await checkAvailable(source, { filter, ...(signal && { signal }) });
  const counters = named.map(([name, filter]) => ({ name, matches: compileFilter(filter), count: 0 }));
  const filter = anyOf(named.map(([, each]) => each));
  let matched = 0;
  let scanned = 0;
  for await (const rows of source.scan({ filter, ...(signal && { signal }) }))
    for (const cursor = rows.cursor(); cursor.next(); ) {
      scanned++;
      if (rows.seen?.(cursor)) continue;
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
