import type { Filter, ParsedFilter } from '@conntrack/filter';
import { looksLikeKey } from '@conntrack/flow';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';

/**
 * Adds tests to the words of a filter: `proto=tcp` to a query string, and `and proto == tcp` to an expression. A fault in the
 * words is found later, when all are parsed.
 */
export async function withPairs(words: readonly string[], pairs: readonly string[]): Promise<readonly string[]> {
  if (pairs.length === 0) return words;
  const { areQueries } = await import('./read-filter.js');
  if (areQueries(words)) return [...words, ...pairs];
  const [{ parseQuery }, { printExpression }] = await Promise.all([
    import('@conntrack/filter/hints'),
    import('@conntrack/filter/print'),
  ]);
  return [`(${words.join(' ')})`, 'and', `(${printExpression(parseQuery(pairs.join('&')).filter)})`];
}

/**
 * The filter in the words of a command line: query strings (`proto=tcp dport=443`), which must all match, or one
 * expression. It needs no quotes if the shell does not change it.
 *
 * @throws FilterError with all faults
 */
export async function parseWords(words: readonly string[], purpose: 'read' | 'change'): Promise<ParsedFilter> {
  if (words.length === 0) return { filter: { kind: 'all' }, warnings: [] };
  const key = words.find(word => looksLikeKey(word));
  if (key !== undefined)
    throw new UsageError(`'${key}' is the key of one entry, not a filter. To show the entry: ctctl get ${key}`);
  const { readFilter } = await import('./read-filter.js');
  return readFilter(words, purpose);
}

/** Prints the warnings about a filter. */
export function sayWarnings(io: Pick<Io, 'stderr'>, { warnings }: ParsedFilter): void {
  for (const { snippet } of warnings) say(io, snippet);
}

/** Like {@link parseWords}, and prints the warnings. */
export async function filterOf(
  io: Pick<Io, 'stderr'>,
  words: readonly string[],
  purpose: 'read' | 'change',
): Promise<Filter> {
  const parsed = await parseWords(words, purpose);
  sayWarnings(io, parsed);
  return parsed.filter;
}
