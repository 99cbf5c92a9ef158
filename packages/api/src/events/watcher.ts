import type { ByeRecord } from '@conntrack/client/protocol';
import type { RowCursor } from '@conntrack/table';
import type { Channel } from './channel.js';
import type { Segment } from './segment.js';
import type { Selection } from './selection.js';

/** Receives new segments. */
export interface Watcher {
  /** The filter that it follows. */
  readonly selection: Selection | undefined;
  /** There are new records. */
  pump(): void;
  /** Say where we are, if nothing is under way. */
  beat(): void;
  /** The stream ends. */
  bye(reason: ByeRecord['reason']): void;
}

/** Where a subscriber stands: behind this record. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** What a subscriber has of the journal. */
export interface JournalReader {
  readonly channel: Channel;
  readonly epoch: string;
  /** The seq of the last record that can be read. */
  head(): number;
  /** The segment that holds a record; `undefined` when it is gone. */
  find(seq: number): Segment | undefined;
  /** Whether the kernel lost events behind a record: then nobody knows how many were lost. */
  lossUnknown(seq: number): boolean;
  /** Whether a flow may end without an event. */
  isUnheard(row: RowCursor): boolean;
  leave(): void;
}
