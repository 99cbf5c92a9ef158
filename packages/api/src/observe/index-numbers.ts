import type { IndexState } from '@conntrack/table';

/** A metric of the indexes: `gauge` goes up and down, `total` only grows. */
export interface IndexNumber {
  readonly kind: 'gauge' | 'total';
  readonly name: string;
  readonly help: string;
  read(state: IndexState): number;
}

/** The metrics of the indexes, summed over all tables that have one. */
export const INDEX_NUMBERS: readonly IndexNumber[] = [
  {
    kind: 'gauge',
    name: 'conntrack_index_live',
    help: 'Tables whose index is current and answers.',
    read: ({ state }) => (state === 'live' ? 1 : 0),
  },
  {
    kind: 'gauge',
    name: 'conntrack_index_entries',
    help: 'Entries in the indexes.',
    read: ({ entries }) => entries,
  },
  { kind: 'gauge', name: 'conntrack_index_bytes', help: 'Memory of the indexes.', read: ({ bytes }) => bytes },
  {
    kind: 'gauge',
    name: 'conntrack_index_uncertain_entries',
    help: 'Entries that may end without an event, and are looked up.',
    read: ({ uncertain }) => uncertain,
  },
  {
    kind: 'total',
    name: 'conntrack_index_events_total',
    help: 'Events applied to the indexes.',
    read: ({ events }) => events,
  },
  {
    kind: 'total',
    name: 'conntrack_index_gaps_total',
    help: 'Times that events were lost, and the table was read again.',
    read: ({ gaps }) => gaps,
  },
  {
    kind: 'total',
    name: 'conntrack_index_resyncs_total',
    help: 'Complete reads of tables for their indexes.',
    read: ({ resyncs }) => resyncs,
  },
  {
    kind: 'total',
    name: 'conntrack_index_drift_total',
    help: 'Entries of the indexes that were wrong without an event that explains it. Must be 0.',
    read: ({ drift }) => drift,
  },
];
