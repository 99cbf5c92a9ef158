import type { Filter } from '@conntrack/filter';
import type { FlowEvent, FlowEventType } from '@conntrack/flow';
import type { RowCursor } from '../source/source.js';

/** Some events were lost: whoever keeps a picture of the table has to list it anew. */
export interface GapEvent {
  type: 'gap';
  /** Why, in a sentence. */
  reason: string;
}

/** What happened to a flow, or that something was missed. */
export type TableEvent = FlowEvent | GapEvent;

/** What to listen to. */
export interface EventOptions {
  /** All three unless told. */
  types?: readonly FlowEventType[];
  /**
   * Only events of flows that match it, whatever the event carries: where it leaves out what the filter needs, the entry is looked up. A flow that
   * stops to match comes as `destroy` with `reason: 'left'`.
   */
  filter?: Filter;
  /** How many events may wait unread before some are lost (50,000 unless told). */
  buffer?: number;
  signal?: AbortSignal;
}

/** A cursor over events: `event()` tells what happened to the row. */
export interface EventCursor extends RowCursor {
  /** When: RFC 3339, where the source says it. */
  eventTime(): string | undefined;
}

/** Events as they came from the source. */
export interface EventBatch {
  /** A cursor before the first of them. */
  cursor(): EventCursor;
  /** Some were lost behind these. */
  gap?: GapEvent;
}

/** A subscription: it stands from the moment it was made. Iterated once; leaving the loop ends it. */
export interface TableEvents extends AsyncIterable<TableEvent>, AsyncDisposable {
  /** The same without an object for each event: for those who look at all of them. */
  batches(): AsyncIterable<EventBatch>;
  /** Ends it, and a loop under way. Safe to call twice. */
  close(): void;
}
