import { EXPRESSION_KEY, type Filter, isQuery } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { ClientError } from '../errors.js';

/** One field's wish: a value, or several of which any will do. */
export type Wish = string | number | boolean | readonly (string | number)[];

/**
 * A filter: text in either spelling (`proto=tcp&dport=443`, `proto == tcp and dport in {80, 443}`), the AST of `@conntrack/filter` (alone, or as its
 * parsers return it), or an object of query keys: `{ proto: 'tcp', 'bytes.gte': '1k', state: ['ESTABLISHED', 'TIME_WAIT'] }`.
 */
export type FilterInput = string | Filter | { readonly filter: Filter } | { readonly [key: string]: Wish };

const refuse = (message: string): never => {
  throw new ClientError('REQUEST_INVALID', message);
};

/** @throws ClientError REQUEST_INVALID for half a surrogate pair: no URL can carry it. */
function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return refuse('the filter contains half a character (a lone surrogate)');
  }
}

/**
 * What a URL parser would cut off, or leave out silently: `#` begins a fragment, tabs and newlines vanish. A filter that loses its end
 * means more flows than its writer meant.
 */
const escapeRaw = (text: string): string => text.replaceAll(/[^\w\-.~!$&'()*+,;=:@/?%<>]+/g, encode);

function pairOf(key: string, wish: Wish): string {
  const values = Array.isArray(wish) ? wish : [wish as string | number | boolean];
  // A wish that is not there would be a filter that means more.
  if (values.length === 0) refuse(`the filter's '${key}' is an empty list, which no flow can match`);
  for (const value of values)
    if (!['string', 'number', 'boolean'].includes(typeof value) || value === '')
      refuse(`the filter's '${key}' has no value: ${String(value)}`);
  return `${encode(key)}=${values.map(value => encode(String(value))).join(',')}`;
}

/** The filter as a query string, fit for a URL; empty when it is `undefined` or means everything. @throws ClientError REQUEST_INVALID */
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
  return Object.entries(filter as Readonly<Record<string, Wish>>)
    .map(([key, wish]) => pairOf(key, wish))
    .join('&');
}

/** The filter as text for a body. @throws ClientError REQUEST_INVALID */
export const filterBody = (filter: FilterInput): string => (typeof filter === 'string' ? filter : filterText(filter));

const isAst = (filter: object): filter is Filter => 'kind' in filter && typeof filter.kind === 'string';
const isParsed = (filter: object): filter is { filter: Filter } =>
  'filter' in filter && typeof filter.filter === 'object' && filter.filter !== null && isAst(filter.filter);
