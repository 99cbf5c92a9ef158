import type { Filter } from '@conntrack/filter';
import { UsageError } from '../process/usage-error.js';

const KEYWORDS = /^(all|and|or|not|in|[^\w:[*]+)$/i;
/** A word that can start a pair of a query string. */
const PAIR = /^[a-z\d:[*]/i;
const SIGNS = /[\s(){},=!<>&|~"]/;

/**
 * The filter in the words of a command line: query strings (`proto=tcp dport=443`), which must all match, or one
 * expression. It needs no quotes if the shell does not change it. `warn` receives warnings, ready to print.
 *
 * @throws FilterError with all faults
 */
export async function filterOf(
  words: readonly string[],
  { purpose, warn }: { purpose: 'read' | 'change'; warn: (text: string) => void },
): Promise<Filter> {
  if (words.length === 0) return { kind: 'all' };
  const key = words.find(word => word.startsWith('ct1.'));
  if (key !== undefined)
    throw new UsageError(`'${key}' is the key of one entry, not a filter. To show the entry: ctctl get ${key}`);
  const [{ findField, isQuery }, { parseFilter, parseQuery }] = await Promise.all([
    import('@conntrack/filter'),
    import('@conntrack/filter/hints'),
  ]);
  const queries = words.some(isQuery) && words.every(word => PAIR.test(word));
  // Words that are invalid in both syntaxes (`tcp`, `192.0.2.1`) are explained in the shorter one.
  const unknown = words.every(word => !SIGNS.test(word) && !KEYWORDS.test(word) && findField(word) === undefined);
  const read =
    queries || unknown ? parseQuery(words.join('&'), { purpose }) : parseFilter(words.join(' '), { purpose });
  for (const { snippet } of read.warnings) warn(snippet);
  return read.filter;
}
