import type { GapPlace } from '@conntrack/client/protocol';

/** What is remembered of flows that match filters. */
export interface MemberStats {
  readonly filters: number;
  readonly flows: number;
  readonly bytes: number;
  readonly limit: number;
}

/** What the event streams of a server are doing, and have done: for metrics. */
export interface EventStats {
  /** Whether the server listens to its table now. */
  readonly listening: boolean;
  readonly subscribers: number;
  /** Events that came from the table. */
  readonly received: number;
  /** How often events were lost: before they came here, before somebody resumed, and by slow subscribers. */
  readonly gaps: Readonly<Record<GapPlace, number>>;
  /** Events that slow subscribers lost, as far as they could be counted. */
  readonly dropped: number;
  /** Snapshots begun. */
  readonly snapshots: number;
  /** Entries looked up because an event did not carry what a filter needs. */
  readonly lookups: number;
  /** Entries that may end without an event: how many there are, their memory, look-ups of them, and how many were found gone. */
  readonly unheard: {
    readonly entries: number;
    readonly bytes: number;
    readonly checked: number;
    readonly gone: number;
  };
  /** Flows that a subscriber's filter was told to have left; one for each filter. */
  readonly left: number;
  readonly members: MemberStats;
  /** Bytes written to subscribers. */
  readonly bytes: number;
  /** What is kept for those who resume. */
  readonly ring: { readonly bytes: number; readonly events: number; readonly limit: number };
}

/** What is counted over all runs of listening. */
export class EventCounters {
  readonly gaps = { kernel: 0, ring: 0, subscriber: 0 };
  received = 0;
  dropped = 0;
  snapshots = 0;
  bytes = 0;
  lookups = 0;
  left = 0;

  /** A loss that is reported to subscribers. */
  countGap(where: GapPlace, lost: number | null): void {
    this.gaps[where]++;
    this.dropped += lost ?? 0;
  }
}
