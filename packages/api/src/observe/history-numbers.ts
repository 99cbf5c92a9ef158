import type { RecorderNumbers } from '../server/served-history.js';

/** A metric of the recorder: `gauge` goes up and down, `total` only grows. */
export interface HistoryNumber {
  readonly kind: 'gauge' | 'total';
  readonly name: string;
  readonly help: string;
  read(numbers: RecorderNumbers): number;
}

/** The metrics of the recorded history. */
export const HISTORY_NUMBERS: readonly HistoryNumber[] = [
  {
    kind: 'gauge',
    name: 'conntrack_history_writing',
    help: 'Whether the history is written. 0: the disk is full or failed, and rows are lost.',
    read: ({ writing }) => (writing ? 1 : 0),
  },
  { kind: 'gauge', name: 'conntrack_history_files', help: 'Files of the history.', read: ({ files }) => files },
  { kind: 'gauge', name: 'conntrack_history_bytes', help: 'Bytes of the history.', read: ({ bytes }) => bytes },
  {
    kind: 'total',
    name: 'conntrack_history_rows_total',
    help: 'Rows that were written to the history.',
    read: ({ written }) => written,
  },
  {
    kind: 'total',
    name: 'conntrack_history_dropped_total',
    help: 'Rows that were lost because the history could not be written.',
    read: ({ dropped }) => dropped,
  },
  {
    kind: 'total',
    name: 'conntrack_history_gaps_total',
    help: 'Gaps that were recorded.',
    read: ({ gaps }) => gaps,
  },
];
