import type { Flow, FlowEventType } from '@conntrack/flow';

/** Where events were lost: in the kernel's socket, in the ring that resumes read from, or on the way to one subscriber. */
export type GapPlace = 'kernel' | 'ring' | 'subscriber';

/**
 * What all records have: where to go on behind this one, as `since=` takes it. Between a `resync` with a snapshot and the `bookmark` that says
 * `synced` there is no such place, and `<epoch>-0` stands there: it is never resumed from.
 */
interface Placed {
  position: string;
}

/** What happened to a flow. */
export interface FlowRecord extends Placed {
  type: FlowEventType;
  /** When, where the kernel says it. */
  time?: string;
  /**
   * Why a `destroy` comes that the kernel did not send. `left`: the flow lives on, and no longer matches the filter. `unseen`: the flow ended
   * without an event, and a look-up found it gone. `flow` then has what identifies it, and nothing else.
   */
  reason?: 'left' | 'unseen';
  flow: Flow;
}

/** A flow that is there: one row of the dump behind a `resync`. An event that came since the `resync` knows better than it. */
export interface SnapshotRecord extends Placed {
  type: 'snapshot';
  /** The flow may end without an event: the server looks it up from time to time, and tells its end later than others. */
  unheard?: true;
  flow: Flow;
}

/** Nothing happened, and this is where; the one behind a snapshot (`synced`) says that it is complete, and what was not told since the `resync` is gone. */
export interface BookmarkRecord extends Placed {
  type: 'bookmark';
  synced?: true;
}

/** Events were lost, whatever the filter. */
export interface GapRecord extends Placed {
  type: 'gap';
  where: GapPlace;
  /** How many, of all flows; null when nobody knows. */
  count: number | null;
}

/** What is known is to be checked: against the snapshot that follows, or, without one, against a list. */
export interface ResyncRecord extends Placed {
  type: 'resync';
  reason: 'initial' | GapPlace;
  snapshot: boolean;
}

/**
 * The stream ends here, on purpose. `too-many-flows`: more flows match the filter than the server can remember to tell when one of them stops to
 * match. `events-off`: `net.netfilter.nf_conntrack_events` was set to 0.
 */
export interface ByeRecord extends Placed {
  type: 'bye';
  reason: 'shutdown' | 'source-ended' | 'source-failed' | 'access-ended' | 'too-many-flows' | 'events-off';
}

/** One record of `GET /conntrack/events`. */
export type EventRecord = FlowRecord | SnapshotRecord | BookmarkRecord | GapRecord | ResyncRecord | ByeRecord;

/** What a watch gives: the server's records but its goodbyes, which are the client's own affair. */
export type WatchRecord = Exclude<EventRecord, ByeRecord>;
