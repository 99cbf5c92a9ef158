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
 * Reads a query string as `parseQuery` of the main entry does. Its faults also know what people type first: the suggestion for `tcp` is `proto=tcp`,
 * for `ip=192.0.2.1` it is `addr`, for `state=UNREPLIED` it is `unreplied`.
 *
 * @throws {FilterError} with every fault that the text has
 * @example
 * ```ts
 * import { parseQuery } from '@conntrack/filter/hints';
 * parseQuery('tcp&dport=1024:2048'); // throws: did you mean 'proto=tcp'?, did you mean '1024-2048'?
 * ```
 */
export const parseQuery = (raw: string, options: QueryOptions = {}): ParsedQuery =>
  hinting(raw, true, () => plainQuery(raw, options));

/** Reads an expression as `parseExpression` of the main entry does, with the suggestions of {@link parseQuery} in the spelling of expressions. @throws {FilterError} */
export const parseExpression = (text: string, options: ParseOptions = {}): ParsedFilter =>
  hinting(text, false, () => plain.parseExpression(text, options));

/** Reads a query string or an expression, as `parseFilter` of the main entry does, with the suggestions of {@link parseQuery}. @throws {FilterError} */
export const parseFilter = (text: string, options: ParseOptions = {}): ParsedFilter =>
  hinting(text, plain.isQuery(text), () => plain.parseFilter(text, options));
