import type { EventRecord } from '@conntrack/client/protocol';
import { printableJson } from '@conntrack/flow/text';

/** How records are written. */
export type EventFormat = 'ndjson' | 'sse';

/** Media types of the formats; the first is what a client without wishes gets. */
export const EVENT_MEDIA_TYPES: Readonly<Record<EventFormat, string>> = {
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
};

/** Says that the connection lives, and nothing else: no record, for a snapshot is under way. */
export const SIGN_OF_LIFE: Readonly<Record<EventFormat, Buffer>> = {
  ndjson: Buffer.from('\n'),
  sse: Buffer.from(':\n\n'),
};

/** What a Server-Sent Event has in front of its data. Without `position` a browser goes on from the one before. */
export const sseHead = (type: string, position: string | undefined): string =>
  `${position === undefined ? '' : `id: ${position}\n`}event: ${type}\ndata: `;

/** One record in its format; `resumable` says whether a browser may remember its position. */
export function writeRecord(format: EventFormat, record: EventRecord, resumable: boolean): string {
  const line = `${printableJson(record)}\n`;
  return format === 'ndjson' ? line : `${sseHead(record.type, resumable ? record.position : undefined)}${line}\n`;
}
