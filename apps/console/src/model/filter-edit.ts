// Edits of the filter text: a click on a cell adds a term, a chip removes one.
import { allOf, type Filter, isQuery, normalize } from '@conntrack/filter';
import { parseFilter } from '@conntrack/filter/hints';
import { printExpression, printQuery } from '@conntrack/filter/print';

/** Parses a filter; `undefined` if it is invalid. An empty text is every flow. */
export function filterOf(text: string): Filter | undefined {
  try {
    return parseFilter(text.trim() === '' ? 'all' : text).filter;
  } catch {
    return undefined;
  }
}

/** Prints a filter in the syntax that the text had. A filter of every flow is empty. */
function printLike(text: string, filter: Filter): string {
  const plain = normalize(filter);
  if (plain.kind === 'all') return '';
  return text.trim() === '' || isQuery(text) ? readable(printQuery(plain)) : printExpression(plain);
}

/** Percent-encoding makes colons and slashes of addresses hard to read, and query strings allow both. */
const readable = (query: string): string => query.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%2C', ',');

/** The terms of a filter that all must match. */
export function termsOf(text: string): readonly Filter[] {
  const filter = filterOf(text);
  if (filter === undefined || filter.kind === 'all') return [];
  return filter.kind === 'and' ? filter.terms : [filter];
}

/** A term as a chip shows it. */
export const termText = (term: Filter): string => printExpression(term).replaceAll(' == ', '=').replaceAll(' != ', '≠');

/** The filter without one of its terms. */
export const withoutTerm = (text: string, index: number): string =>
  printLike(text, allOf(termsOf(text).filter((_, i) => i !== index)));

/** The filter with another term, unless it has it already. An invalid text is replaced by the term. */
export function withTerm(text: string, term: string): string {
  const added = filterOf(term);
  if (added === undefined) return text;
  const terms = termsOf(text);
  const printed = printExpression(added);
  if (terms.some(each => printExpression(each) === printed)) return text;
  return printLike(text, allOf([...terms, added]));
}

/** The term for a value of a field, or for every other value. */
export const termOf = (field: string, value: string | number, other: boolean): string =>
  `${field}${other ? '.not' : ''}=${encodeURIComponent(String(value))}`;

/** The filter as a query string for a URL; empty for every flow, and for an invalid text. */
export function queryOf(text: string): string {
  const filter = filterOf(text);
  return filter === undefined ? '' : printQuery(filter);
}
