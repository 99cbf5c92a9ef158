import type { GapPlace } from '@conntrack/client/protocol';

/** The memory that remembers which flows match a filter. */
export interface MatchingStats {
  readonly filters: number;
  readonly flows: number;
  readonly bytes: number;
  readonly limit: number;
}

/** Counters and state of a server's event streams, for metrics. */
export interface EventStats {
  /** Whether the server listens to its table at this moment. */
  readonly listening: boolean;
  readonly subscribers: number;
  /** Events received from the table. */
  readonly received: number;
  /**
   * Number of gaps, by the place where events were lost: in the kernel, in the ring (before a resume), or at a slow
   * subscriber.
   */
  readonly gaps: Readonly<Record<GapPlace, number>>;
  /** Events lost in gaps whose size is known. */
  readonly dropped: number;
  /** Snapshots started. */
  readonly snapshots: number;
  /** Entries looked up because an event did not carry what a filter needs. */
  readonly lookups: number;
  /**
   * Entries that may end without an event: how many exist, their memory, how many were looked up, and how many of those
   * had ended.
   */
  readonly uncertainEnds: {
    readonly entries: number;
    readonly bytes: number;
    readonly checked: number;
    readonly gone: number;
  };
  /** Flows that stopped matching a filter; a flow counts once for each filter. */
  readonly unmatched: number;
  readonly matching: MatchingStats;
  /** Bytes written to subscribers. */
  readonly bytes: number;
  /** Events kept for subscribers that resume. */
  readonly ring: { readonly bytes: number; readonly events: number; readonly limit: number };
}

/** Counters over all runs. */
export class EventCounters {
  readonly gaps = { kernel: 0, ring: 0, subscriber: 0 };
  received = 0;
  dropped = 0;
  snapshots = 0;
  bytes = 0;
  lookups = 0;
  unmatched = 0;

  /** Counts a gap that is reported to subscribers. */
  countGap(where: GapPlace, lost: number | null): void {
    this.gaps[where]++;
    this.dropped += lost ?? 0;
  }
}
