import { allOf, anyOf, type Filter, negate, normalize } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { requirementsOf } from '@conntrack/filter/requirements';
import { type Flow, FlowObjectCursor } from '@conntrack/flow';
import { type BulkResult, type Table, TableError } from '@conntrack/table';
import type { BulkArguments } from '../options/bulk.js';
import { type Io, say } from '../process/io.js';
import { ownSession, sessionText } from './own-session.js';

/** Entries that a change does not touch. */
export interface Exclusion {
  /** Why they are skipped, for the result. */
  readonly reason: string;
  readonly filter: Filter;
  /** The entry, if the filter matches only one. */
  readonly flow?: Flow;
  /** What to say about it. */
  readonly note?: string;
}

/** How many entries are skipped, and why. */
export interface Skips {
  readonly skips: readonly { readonly reason: string; readonly count: number }[];
  /** Sentences for the user. */
  readonly notes: readonly string[];
}

/** Parses the filters of `--protect`. @throws FilterError */
async function protectedBy(io: Io, table: Table, { protect = [] }: BulkArguments): Promise<Exclusion[]> {
  const given = typeof protect === 'string' ? protect.split('\n').filter(line => line.trim() !== '') : protect;
  if (given.length === 0) return [];
  const { parseFilter } = await import('@conntrack/filter/hints');
  const filters = given.map(text => {
    const { filter, warnings } = parseFilter(text, { purpose: 'read' });
    for (const { snippet } of warnings) say(io, snippet);
    return filter;
  });
  const filter = anyOf(filters);
  // A table that does not record a field of the filter refuses it here: its entries would not be protected.
  if (requirementsOf(filter).size > 0) await table.count({ filter, signal: io.signal });
  return [{ reason: 'protected', filter }];
}

/** A filter that one entry matches: by its original tuple. */
const onlyThis = async ({ protonum, original, zone }: Flow): Promise<Filter> => {
  const { parseQuery } = await import('@conntrack/filter/hints');
  const { src, dst, sport, dport } = original;
  const inZone = original.zone ?? zone ?? 0;
  const query = `proto=${protonum}&src=${src}&dst=${dst}&sport=${sport}&dport=${dport}&zone=${inZone}`;
  return parseQuery(query, { purpose: 'change' }).filter;
};

/**
 * The entries that a change does not touch: those that match `--protect` and, if the change ends connections, the one
 * of the user's own SSH session.
 */
export async function exclusionsOf(
  io: Io,
  table: Table,
  options: BulkArguments,
  { ends }: { ends: boolean },
): Promise<Exclusion[]> {
  const own = ends && !options.includeOwnSession ? await ownSession(io, table) : undefined;
  const session: Exclusion[] = own
    ? [
        {
          reason: 'is your own SSH session',
          note: `your own SSH session ${sessionText(own)} is skipped. To include it: --include-own-session`,
          ...{ filter: await onlyThis(own), flow: own },
        },
      ]
    : [];
  return [...session, ...(await protectedBy(io, table, options))];
}

/**
 * The filter without the excluded entries.
 *
 * @throws TableError FILTER_REQUIRED for a filter that matches everything: without the excluded entries it would look
 * like a filter that was given
 */
export function without(filter: Filter, exclusions: readonly Exclusion[]): Filter {
  if (normalize(filter).kind === 'all')
    throw new TableError(
      'FILTER_REQUIRED',
      'a change of many entries requires a filter. To empty the table: ctctl flush',
    );
  return exclusions.length === 0 ? filter : allOf([filter, negate(anyOf(exclusions.map(each => each.filter)))]);
}

/** The reason for which an entry is skipped. `undefined` if it is not. */
export function exclusionTest(exclusions: readonly Exclusion[]): (flow: Flow) => string | undefined {
  const tests = exclusions.map(({ reason, filter }) => ({ reason, test: compileFilter(filter) }));
  const cursor = new FlowObjectCursor();
  return flow => {
    cursor.move(flow);
    return tests.find(({ test }) => test(cursor))?.reason;
  };
}

/** Counts the matching entries that are skipped, by reason. An entry with several reasons counts for the first. */
export async function countExcluded(
  io: Pick<Io, 'signal'>,
  table: Table,
  filter: Filter,
  exclusions: readonly Exclusion[],
): Promise<Skips> {
  const skips: { reason: string; count: number }[] = [];
  const notes: string[] = [];
  for (const [i, { reason, filter: excluded, flow, note }] of exclusions.entries()) {
    const earlier = exclusions.slice(0, i).map(each => negate(each.filter));
    const count =
      flow === undefined
        ? await table.count({ filter: allOf([filter, excluded, ...earlier]), signal: io.signal })
        : Number(compileFilter(filter)(new FlowObjectCursor(flow)));
    if (count === 0) continue;
    skips.push({ reason, count });
    if (note !== undefined) notes.push(note);
  }
  return { skips, notes };
}

/** Adds the entries that the command skips to the counts of a plan or of a result. A reason that is known is counted once. */
export function withSkips<Counts extends Pick<BulkResult, 'matched' | 'skipped'> & Pick<Skips, 'skips'>>(
  counts: Counts,
  { skips }: Pick<Skips, 'skips'>,
): Counts {
  const more = skips.reduce((sum, { count }) => sum + count, 0);
  const reasons = new Map<string, number>();
  for (const { reason, count } of [...counts.skips, ...skips]) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const { matched, skipped } = counts;
  const all = [...reasons].map(([reason, count]) => ({ reason, count }));
  return { ...counts, matched: matched + more, skipped: skipped + more, skips: all };
}
