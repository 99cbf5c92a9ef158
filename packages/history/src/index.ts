/**
 * Records ended flows and NAT mappings, and answers questions about the past with the filter language.
 *
 * @module
 */

export { HistoryError, type HistoryErrorCode } from './errors.js';
export { IpfixExporter } from './out/ipfix/exporter.js';
export { type IpfixOptions, type IpfixRecords, parseIpfixUrl } from './out/ipfix/options.js';
export type { Report } from './out/losses.js';
export { NdjsonFiles } from './out/ndjson/ndjson-files.js';
export type { Compression, NdjsonFilesOptions } from './out/ndjson/options.js';
export { History, type HistoryOptions, type PastTable } from './query/history.js';
export type { SkippedFile } from './query/scope.js';
export { type Gap, type GapCause, type RecordBatch, type RecordCursor, ROW_KINDS, type RowKind } from './record.js';
export { Recorder, type RecorderOptions, type RecorderStats } from './recorder/recorder.js';
export type { Sink } from './sink.js';
export { type DuckDBLimits, DuckDBMissingError } from './store/duckdb.js';
export { HistoryStore, type StoreOptions, type StoreStats } from './store/history-store.js';
export { KEPT_FIELDS } from './store/kept-fields.js';
export type { Retention } from './store/retention.js';
