import type { Flow, FlowCursor } from '@conntrack/flow';

/**
 * An entry, or the event of an entry, that an index reads: a cursor and its flow. With the optional methods, the flow is only made for the
 * few entries that have rare fields.
 */
export interface EntryInput extends FlowCursor {
  /** Returns the whole flow. */
  flow(): Flow;
  /** Whether the flow has fields that only {@link flow} returns. Default: yes. */
  hasRare?(): boolean;
  /** Whether the entry has SYNPROXY's state with zeros only, as every entry that a program created. It does not count as rare. */
  hasIdleSynproxy?(): boolean;
  /** Returns TCP's window scales and flags of both directions as the four bytes of one number; −1 if one is missing. */
  tcpBytes?(): number;
  /** Returns half of the start time in nanoseconds since 1970: 0 the high 32 bits, 1 the low ones. Both are 0 if it is unknown. */
  startWord?(half: 0 | 1): number;
}
