import type { CpuStats } from '@conntrack/table';

/** A counter of the tracker. */
export interface Counter {
  readonly member: Exclude<keyof CpuStats, 'cpu'>;
  /** Its name in `conntrack -S`. */
  readonly name: string;
  readonly meaning: string;
  /** Whether traffic was lost if it is not 0. */
  readonly loss?: true;
}

/** The counters, those that indicate lost traffic first. */
export const COUNTERS: readonly Counter[] = [
  { member: 'drop', name: 'drop', meaning: 'packets dropped: the table was full', loss: true },
  { member: 'earlyDrop', name: 'early_drop', meaning: 'entries evicted to make room', loss: true },
  {
    ...{ member: 'insertFailed', name: 'insert_failed', loss: true },
    meaning: 'packets dropped: the tuple was taken',
  },
  {
    ...{ member: 'chainTooLong', name: 'chaintoolong', loss: true },
    meaning: 'packets dropped: hash chain too long',
  },
  { member: 'invalid', name: 'invalid', meaning: 'packets that fit no connection' },
  { member: 'error', name: 'error', meaning: 'ICMP packets with errors' },
  { member: 'clashResolve', name: 'clash_resolve', meaning: 'insertion races that were resolved' },
  { member: 'searchRestart', name: 'search_restart', meaning: 'look-ups restarted by a resize' },
  { member: 'found', name: 'found', meaning: 'look-ups that found an entry' },
  { member: 'insert', name: 'insert', meaning: 'entries inserted' },
  { member: 'searched', name: 'searched', meaning: 'look-ups' },
  { member: 'new', name: 'new', meaning: 'new entries' },
  { member: 'ignore', name: 'ignore', meaning: 'packets of tracked connections' },
  { member: 'delete', name: 'delete', meaning: 'entries removed' },
  { member: 'deleteList', name: 'delete_list', meaning: 'entries moved to the dying list' },
];
