import type { Flow, FlowCursor } from '@conntrack/flow';
import type { PackedEntry } from '@conntrack/flow/codec';

/** An entry, or the event of an entry, that an index reads: a cursor and its flow. */
export interface EntryInput extends FlowCursor {
  /** Returns the whole flow. With {@link pack}, it is only called for entries with rare fields. */
  flow(): Flow;
  /**
   * Writes the entry as numbers: faster than one method for each field. Of an event that reports an end, only the identity is read. Without
   * this method, every flow counts as one with rare fields.
   */
  pack?(into: PackedEntry): void;
}

/** Entries, or events, that an index reads one after the other. */
export interface EntryInputs extends EntryInput {
  /** Moves to the next one; returns false at the end. */
  next(): boolean;
}
