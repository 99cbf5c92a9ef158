/**
 * Parsers for /proc/net/nf_conntrack, the lines of conntrack(8) and NDJSON, small enough for browsers. `@conntrack/parser/all` reads the
 * other formats too.
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
} from './read/parse-lines.js';
