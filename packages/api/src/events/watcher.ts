import type { ByeRecord } from '@conntrack/client/protocol';
import type { RowCursor } from '@conntrack/table';
import type { Channel } from './channel.js';
import type { Segment } from './segment.js';
import type { Selection } from './selection.js';

/** Receives new segments. */
export interface Watcher {
  /** The filter that it follows. */
  readonly selection: Selection | undefined;
  /** New records are available. */
  pump(): void;
  /** Sends a bookmark, unless a snapshot is running or a write is blocked. */
  beat(): void;
  /** Ends the stream. */
  bye(reason: ByeRecord['reason']): void;
}

/** A position in the event stream: after this record. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** A subscriber's view of the journal. */
export interface JournalReader {
  readonly channel: Channel;
  readonly epoch: string;
  /** The sequence number of the last record that can be read. */
  head(): number;
  /** Finds the segment that contains a record. Returns `undefined` when it was dropped. */
  find(seq: number): Segment | undefined;
  /** Whether the kernel lost events after a record: then the number of lost events is unknown. */
  lossUnknown(seq: number): boolean;
  /** Whether a flow may end without an event. */
  isEndUncertain(row: RowCursor): boolean;
  leave(): void;
}
