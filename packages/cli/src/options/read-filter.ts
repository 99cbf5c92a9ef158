import { type Filter, findField, isQuery, type ParsedFilter } from '@conntrack/filter';
import { parseFilter, parseQuery } from '@conntrack/filter/hints';

const KEYWORDS = /^(all|and|or|not|in|[^\w:[*]+)$/i;
/** A word that can start a pair of a query string. */
const PAIR = /^[a-z\d:[*]/i;
const SIGNS = /[\s(){},=!<>&|~"]/;

/** Whether the words of a filter are query strings, which must all match. Otherwise they are one expression. */
export function areQueries(words: readonly string[]): boolean {
  if (words.some(isQuery) && words.every(word => PAIR.test(word))) return true;
  // Words that are invalid in both syntaxes (`tcp`, `192.0.2.1`) are explained in the shorter one.
  return words.every(word => !SIGNS.test(word) && !KEYWORDS.test(word) && findField(word) === undefined);
}

/** Parses the words of a filter. @throws FilterError with all faults */
export function readFilter(words: readonly string[], purpose: 'read' | 'change'): ParsedFilter {
  if (words.length === 0) return { filter: { kind: 'all' } satisfies Filter, warnings: [] };
  return areQueries(words) ? parseQuery(words.join('&'), { purpose }) : parseFilter(words.join(' '), { purpose });
}
