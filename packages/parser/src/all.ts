/**
 * Parsers for every text format of flows: those of the main entry point, `conntrack -o save`, `-o xml`, CSV, and JSON arrays and pages of
 * the HTTP API.
 *
 * @module
 */

export { ParseError, type ParseErrorCode } from './core/error.js';
export type { DocumentFormat, FlowFormat } from './core/formats.js';
export type { TimeZone } from './core/local-time.js';
export type { LineOptions, ParseOptions, Progress, ReadFormat, StreamOptions } from './core/options.js';
export type { Batches, ByteStream, Chunks, Records } from './core/stream.js';
export {
  iterateText,
  parse,
  parseBatches,
  parseEvents,
  parseEventText,
  parseLine,
  parseText,
} from './read/parse-any.js';
