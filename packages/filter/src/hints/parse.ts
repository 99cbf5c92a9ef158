import { FilterError } from '../parse/issue.js';
import * as plain from '../parse/parse-expression.js';
import { type ParsedQuery, parseQuery as plainQuery, type QueryOptions } from '../parse/parse-query.js';
import type { ParsedFilter, ParseOptions } from '../parse/report.js';
import { withHints } from './with-hints.js';

function hinting<T>(text: string, query: boolean, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof FilterError ? withHints(error, text, query) : error;
  }
}

/**
 * Parses a query string like `parseQuery` of the main entry. Its errors also suggest corrections for what people type first: `proto=tcp`
 * for `tcp`, `addr` for `ip=192.0.2.1`, `unreplied` for `state=UNREPLIED`.
 *
 * @throws {FilterError} with every fault in the text
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter/hints';
 * parseQuery('tcp&dport=1024:2048'); // throws: did you mean 'proto=tcp'?, did you mean '1024-2048'?
 * ```
 */
export const parseQuery = (raw: string, options: QueryOptions = {}): ParsedQuery =>
  hinting(raw, true, () => plainQuery(raw, options));

/**
 * Parses an expression like `parseExpression` of the main entry. Suggests the same corrections as {@link parseQuery}, in the syntax of
 * expressions. @throws {FilterError}
 */
export const parseExpression = (text: string, options: ParseOptions = {}): ParsedFilter =>
  hinting(text, false, () => plain.parseExpression(text, options));

/** Parses a query string or an expression like `parseFilter` of the main entry, with the suggestions of {@link parseQuery}. @throws {FilterError} */
export const parseFilter = (text: string, options: ParseOptions = {}): ParsedFilter =>
  hinting(text, plain.isQuery(text), () => plain.parseFilter(text, options));
