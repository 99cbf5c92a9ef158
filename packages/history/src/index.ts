/**
 * Records ended flows and NAT mappings.
 *
 * @module
 */

export { type Gap, type GapCause, type RecordBatch, type RecordCursor, ROW_KINDS, type RowKind } from './record.js';
export type { Sink } from './sink.js';
