import type { EventStats } from '../events/event-stats.js';

/** A number of the event streams: one that goes up and down (`gauge`), or one that only grows (`total`). */
export interface EventNumber {
  readonly kind: 'gauge' | 'total';
  readonly name: string;
  readonly help: string;
  read(stats: EventStats): number;
}

const gauge = (name: string, help: string, read: EventNumber['read']): EventNumber => ({
  kind: 'gauge',
  name,
  help,
  read,
});
const total = (name: string, help: string, read: EventNumber['read']): EventNumber => ({
  kind: 'total',
  name,
  help,
  read,
});

/** The numbers of event streams, summed over all tables. */
export const EVENT_NUMBERS: readonly EventNumber[] = [
  gauge('conntrack_events_listening', 'Tables whose events are listened to.', ({ listening }) => (listening ? 1 : 0)),
  gauge('conntrack_event_subscribers', 'Streams of events that are open.', ({ subscribers }) => subscribers),
  total('conntrack_events_received_total', 'Events that came from tables.', ({ received }) => received),
  total('conntrack_events_dropped_total', 'Events that slow subscribers lost.', ({ dropped }) => dropped),
  total('conntrack_event_snapshots_total', 'Snapshots begun.', ({ snapshots }) => snapshots),
  total('conntrack_event_bytes_total', 'Bytes written to subscribers.', ({ bytes }) => bytes),
  total(
    'conntrack_event_lookups_total',
    'Entries looked up as an event did not carry what a filter needs.',
    ({ lookups }) => lookups,
  ),
  total('conntrack_event_left_total', 'Flows that stopped to match a filter of subscribers.', ({ left }) => left),
  gauge(
    'conntrack_event_unheard',
    'Entries older than the listening, which may end without an event and are looked up.',
    ({ unheard }) => unheard.entries,
  ),
  gauge(
    'conntrack_event_unheard_bytes',
    'Memory for entries that may end without an event.',
    ({ unheard }) => unheard.bytes,
  ),
  total('conntrack_event_unseen_total', 'Ends that no event told, found by look-ups.', ({ unheard }) => unheard.gone),
  gauge(
    'conntrack_event_members',
    'Flows remembered as they match a filter of subscribers.',
    ({ members }) => members.flows,
  ),
  gauge('conntrack_event_members_bytes', 'Memory for flows that match filters.', ({ members }) => members.bytes),
  gauge(
    'conntrack_event_members_limit_bytes',
    'The most memory for flows that match filters.',
    ({ members }) => members.limit,
  ),
  gauge('conntrack_event_ring_bytes', 'Events kept for those who resume.', ({ ring }) => ring.bytes),
  gauge('conntrack_event_ring_limit_bytes', 'The most that is kept.', ({ ring }) => ring.limit),
];
