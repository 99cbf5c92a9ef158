/**
 * Records ended flows and NAT mappings.
 *
 * @module
 */

export { IpfixExporter } from './out/ipfix/exporter.js';
export { type IpfixOptions, type IpfixRecords, parseIpfixUrl } from './out/ipfix/options.js';
export type { Report } from './out/losses.js';
export { NdjsonFiles } from './out/ndjson/ndjson-files.js';
export type { Compression, NdjsonFilesOptions } from './out/ndjson/options.js';
export { type Gap, type GapCause, type RecordBatch, type RecordCursor, ROW_KINDS, type RowKind } from './record.js';
export type { Sink } from './sink.js';
