import type { EventRecord } from '@conntrack/client/protocol';
import { printableJson } from '@conntrack/flow/text';

/** The formats of an event stream. */
export type EventFormat = 'ndjson' | 'sse';

/** The media type of each format. The first is the default for a client without an Accept header. */
export const EVENT_MEDIA_TYPES: Readonly<Record<EventFormat, string>> = {
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
};

/** Bytes that keep a connection alive during a snapshot. They are not a record. */
export const SIGN_OF_LIFE: Readonly<Record<EventFormat, Buffer>> = {
  ndjson: Buffer.from('\n'),
  sse: Buffer.from(':\n\n'),
};

/**
 * The lines of a Server-Sent Event before its data. Without `position`, a browser keeps the id of the previous event.
 */
export const sseHead = (type: string, position: string | undefined): string =>
  `${position === undefined ? '' : `id: ${position}\n`}event: ${type}\ndata: `;

/** Writes one record. `resumable` says whether a browser may remember its position. */
export function writeRecord(format: EventFormat, record: EventRecord, resumable: boolean): string {
  const line = `${printableJson(record)}\n`;
  return format === 'ndjson' ? line : `${sseHead(record.type, resumable ? record.position : undefined)}${line}\n`;
}
