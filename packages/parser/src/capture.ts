/**
 * Parsers for captures: text that was copied from terminals, logs, e-mails or files in any format, also compressed.
 *
 * @module
 */

export {
  type CaptureRecord,
  captureBatches,
  captureEvents,
  captureRecords,
} from './capture/parse-captures.js';
export { ParseError, type ParseErrorCode } from './core/error.js';
export type { StreamOptions } from './core/options.js';
export type { Batches, Chunks } from './core/stream.js';
