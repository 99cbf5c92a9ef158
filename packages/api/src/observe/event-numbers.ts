import type { EventStats } from '../events/event-stats.js';

/** A metric of the event streams: `gauge` goes up and down, `total` only grows. */
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

/** The metrics of the event streams, summed over all tables. */
export const EVENT_NUMBERS: readonly EventNumber[] = [
  gauge('conntrack_events_listening', 'Tables whose events the server receives.', ({ listening }) =>
    listening ? 1 : 0,
  ),
  gauge('conntrack_event_subscribers', 'Open event streams.', ({ subscribers }) => subscribers),
  total('conntrack_events_received_total', 'Events received from tables.', ({ received }) => received),
  total(
    'conntrack_events_dropped_total',
    'Events that slow or late subscribers missed, as far as their number is known.',
    ({ dropped }) => dropped,
  ),
  total('conntrack_event_snapshots_total', 'Snapshots started.', ({ snapshots }) => snapshots),
  total('conntrack_event_bytes_total', 'Bytes written to subscribers.', ({ bytes }) => bytes),
  total(
    'conntrack_event_lookups_total',
    'Entries looked up because an event lacked a field that a filter needs.',
    ({ lookups }) => lookups,
  ),
  total(
    'conntrack_event_unmatched_total',
    'Flows that stopped matching a subscriber’s filter.',
    ({ unmatched }) => unmatched,
  ),
  gauge(
    'conntrack_event_uncertain_ends',
    'Entries that may end without an event, because they existed before the server listened. They are looked up regularly.',
    ({ uncertainEnds }) => uncertainEnds.entries,
  ),
  gauge(
    'conntrack_event_uncertain_ends_bytes',
    'Bytes of memory for entries that may end without an event.',
    ({ uncertainEnds }) => uncertainEnds.bytes,
  ),
  total(
    'conntrack_event_missed_ends_total',
    'Flows that ended without an event, found by look-ups.',
    ({ uncertainEnds }) => uncertainEnds.gone,
  ),
  gauge(
    'conntrack_event_matching_flows',
    'Flows remembered because they match a subscriber’s filter.',
    ({ matching }) => matching.flows,
  ),
  gauge(
    'conntrack_event_matching_flows_bytes',
    'Bytes of memory for flows that match a subscriber’s filter.',
    ({ matching }) => matching.bytes,
  ),
  gauge(
    'conntrack_event_matching_flows_limit_bytes',
    'Maximum bytes of memory for flows that match a subscriber’s filter.',
    ({ matching }) => matching.limit,
  ),
  gauge('conntrack_event_ring_bytes', 'Bytes of events kept for subscribers that resume.', ({ ring }) => ring.bytes),
  gauge(
    'conntrack_event_ring_limit_bytes',
    'Maximum bytes of events kept for subscribers that resume.',
    ({ ring }) => ring.limit,
  ),
];
