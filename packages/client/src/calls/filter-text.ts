import { EXPRESSION_KEY, type Filter, isQuery } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { ClientError } from '../errors.js';

/** The value of a filter field, or a list of values of which any may match. */
export type FilterValue = string | number | boolean | readonly (string | number)[];

/**
 * A filter: text in either syntax (`proto=tcp&dport=443`, `proto == tcp and dport in {80, 443}`), a filter object of
 * `@conntrack/filter` (alone, or as its parsers return it), or an object of query keys: `{ proto: 'tcp', 'bytes.gte':
 * '1k', state: ['ESTABLISHED', 'TIME_WAIT'] }`.
 */
export type FilterInput = string | Filter | { readonly filter: Filter } | { readonly [key: string]: FilterValue };

const refuse = (message: string): never => {
  throw new ClientError('REQUEST_INVALID', message);
};

/** Percent-encodes text. @throws ClientError REQUEST_INVALID for a lone surrogate, which a URL cannot contain */
function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return refuse('the filter contains half a character (a lone surrogate)');
  }
}

/**
 * Encodes characters that a URL parser would cut off or drop: `#` starts a fragment, and tabs and newlines vanish. A
 * filter that loses its end would match more flows than intended.
 */
const escapeRaw = (text: string): string => text.replaceAll(/[^\w\-.~!$&'()*+,;=:@/?%<>]+/g, encode);

function pairOf(key: string, given: FilterValue): string {
  const values = Array.isArray(given) ? given : [given as string | number | boolean];
  // A missing value would make the filter match more flows than intended.
  if (values.length === 0) refuse(`the filter's '${key}' is an empty list, which no flow can match`);
  for (const value of values)
    if (!['string', 'number', 'boolean'].includes(typeof value) || value === '')
      refuse(`the filter's '${key}' has no value: ${String(value)}`);
  return `${encode(key)}=${values.map(each => encode(String(each))).join(',')}`;
}

/**
 * The filter as a query string for a URL. Empty for `undefined`, and for a filter that matches everything.
 *
 * @throws ClientError REQUEST_INVALID
 */
export function filterText(filter: FilterInput | undefined): string {
  if (filter === undefined) return '';
  if (typeof filter === 'string') {
    const text = filter.trim();
    if (text === '') return '';
    return isQuery(text) || /^[\w.]+$/.test(text) ? escapeRaw(text) : `${EXPRESSION_KEY}=${encode(text)}`;
  }
  if (filter === null || typeof filter !== 'object' || Array.isArray(filter))
    return refuse('a filter must be text, a syntax tree or an object');
  if (isAst(filter)) return printQuery(filter);
  if (isParsed(filter)) return printQuery(filter.filter);
  return Object.entries(filter as Readonly<Record<string, FilterValue>>)
    .map(([key, value]) => pairOf(key, value))
    .join('&');
}

/** The filter as text for a body. @throws ClientError REQUEST_INVALID */
export const filterBody = (filter: FilterInput): string => (typeof filter === 'string' ? filter : filterText(filter));

const isAst = (filter: object): filter is Filter => 'kind' in filter && typeof filter.kind === 'string';
const isParsed = (filter: object): filter is { filter: Filter } =>
  'filter' in filter && typeof filter.filter === 'object' && filter.filter !== null && isAst(filter.filter);
