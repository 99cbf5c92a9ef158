import type { Flow, FlowEventType } from '@conntrack/flow';

/** Where events were lost: in the kernel's socket, in the server's ring (before a resume), or at a subscriber that was too slow. */
export type GapPlace = 'kernel' | 'ring' | 'subscriber';

/**
 * A member of all records: the position after this record, to resume from with `since`. From a `resync` with a snapshot
 * until the `bookmark` with `synced` it is `<epoch>-0`, which does not allow to resume.
 */
interface Placed {
  position: string;
}

/** An event of a flow. */
export interface FlowRecord extends Placed {
  type: FlowEventType;
  /** The time of the event (RFC 3339). Absent if the kernel does not report it. */
  time?: string;
  /**
   * Why the server sends a `destroy` that the kernel did not send. `unmatched`: the flow still exists, but no longer
   * matches the filter. `missed`: the flow ended without an event, and a look-up found that. `flow` then has only what
   * identifies it.
   */
  reason?: 'unmatched' | 'missed';
  flow: Flow;
}

/** An existing flow, in the snapshot after a `resync`. An event since the `resync` is newer than this record. */
export interface SnapshotRecord extends Placed {
  type: 'snapshot';
  /** The kernel may send no event when this flow ends. The server looks it up regularly, and reports its end with a delay. */
  uncertainEnd?: true;
  flow: Flow;
}

/**
 * The current position. With `synced`, a snapshot is complete: flows without a record since the `resync` no longer
 * exist.
 */
export interface BookmarkRecord extends Placed {
  type: 'bookmark';
  synced?: true;
}

/** Events were lost, whether or not they match the filter. */
export interface GapRecord extends Placed {
  type: 'gap';
  where: GapPlace;
  /** Number of lost events; null if unknown. */
  count: number | null;
}

/** The reader's state is out of date: a snapshot follows, or (with `snapshot: false`) the flows must be listed again. */
export interface ResyncRecord extends Placed {
  type: 'resync';
  reason: 'initial' | GapPlace;
  snapshot: boolean;
}

/**
 * The server ends the stream. `too-many-flows`: more flows match the filter than the server can remember, which it needs
 * to report when a flow stops matching. `events-off`: `net.netfilter.nf_conntrack_events` was set to 0.
 */
export interface ByeRecord extends Placed {
  type: 'bye';
  reason: 'shutdown' | 'source-ended' | 'source-failed' | 'access-ended' | 'too-many-flows' | 'events-off';
}

/** A record of `GET /conntrack/events`. */
export type EventRecord = FlowRecord | SnapshotRecord | BookmarkRecord | GapRecord | ResyncRecord | ByeRecord;

/** A record of a watch: all records of the server except `bye`, which the client handles itself. */
export type WatchRecord = Exclude<EventRecord, ByeRecord>;
