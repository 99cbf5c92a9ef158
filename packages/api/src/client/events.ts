import type { Flow } from '@conntrack/flow';

/** A record's place in the server's stream of events: `<epoch>-<seq>`, opaque. */
interface Placed {
  position?: string;
}

/** Something happened to a flow. */
export interface FlowRecord extends Placed {
  type: 'new' | 'update' | 'destroy';
  flow: Flow;
  /** When: RFC 3339, where the kernel gave it. */
  time?: string;
}

/** A flow that was there when the stream began, or began anew. */
export interface SnapshotRecord extends Placed {
  type: 'snapshot';
  flow: Flow;
}

/** The snapshot is through; or nothing happened, up to here. */
export interface BookmarkRecord extends Placed {
  type: 'bookmark';
  /** It ends a snapshot: what was not told since the `resync` is gone. */
  synced?: true;
}

/** Records were lost: whoever keeps a picture of the table has holes in it. */
export interface GapRecord extends Placed {
  type: 'gap';
  /** Where: the kernel's buffer, the server's ring, or this subscriber's queue. */
  where: 'kernel' | 'ring' | 'subscriber';
  /** How many, whatever the filter; null when nobody knows. */
  count: number | null;
  reason?: string;
}

/** Forget the picture: a fresh snapshot follows, up to the next bookmark. */
export interface ResyncRecord extends Placed {
  type: 'resync';
  /** Whether a snapshot follows; without one the flows are to be listed anew. */
  snapshot?: boolean;
  reason?: string;
}

/** What a watch gives. */
export type WatchRecord = FlowRecord | SnapshotRecord | BookmarkRecord | GapRecord | ResyncRecord;
