import type { COUNTER_NAMES } from '@conntrack/flow/table';

/** A counter of the tracker. */
export interface Counter {
  readonly member: keyof typeof COUNTER_NAMES;
  readonly meaning: string;
  /** Whether traffic was lost if it is not 0. */
  readonly loss?: true;
}

/** The counters, those that indicate lost traffic first. */
export const COUNTERS: readonly Counter[] = [
  { member: 'drop', meaning: 'packets dropped: the table was full', loss: true },
  { member: 'earlyDrop', meaning: 'entries evicted to make room', loss: true },
  { member: 'insertFailed', meaning: 'packets dropped: the tuple was taken', loss: true },
  { member: 'chainTooLong', meaning: 'packets dropped: hash chain too long', loss: true },
  { member: 'invalid', meaning: 'packets that fit no connection' },
  { member: 'error', meaning: 'ICMP packets with errors' },
  { member: 'clashResolve', meaning: 'insertion races that were resolved' },
  { member: 'searchRestart', meaning: 'look-ups restarted by a resize' },
  { member: 'found', meaning: 'look-ups that found an entry' },
  { member: 'insert', meaning: 'entries inserted' },
  { member: 'searched', meaning: 'look-ups' },
  { member: 'new', meaning: 'new entries' },
  { member: 'ignore', meaning: 'packets of tracked connections' },
  { member: 'delete', meaning: 'entries removed' },
  { member: 'deleteList', meaning: 'entries moved to the dying list' },
];
