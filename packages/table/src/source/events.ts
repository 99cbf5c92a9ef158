import { flag, type OptionRules, whole } from '@conntrack/flow/checks';
import type { GapEvent } from '@conntrack/flow/table';
import { eventTypes, FILTERED_RULES } from '../option-rules.js';
import type { TableEvents } from '../table.js';
import type { TableEventOptions } from '../table-options.js';
import type { RowCursor } from './rows.js';

/** Options of an event stream in this process. */
export interface LocalEventOptions extends TableEventOptions {
  /** Maximum number of unread events before some are lost. Default: 50,000. */
  buffer?: number;
  /** Whether no `destroy` event may be lost, see `EventOptions.reliable` of `@conntrack/netlink`. Default: false. */
  reliable?: boolean;
}
export const EVENT_RULES: OptionRules<LocalEventOptions> = {
  ...FILTERED_RULES,
  types: eventTypes,
  buffer: whole(),
  reliable: flag,
};

/** A cursor over events: `event()` is the type of the event. */
export interface EventCursor extends Omit<RowCursor, 'only'> {
  /** Returns the time of the event in RFC 3339, if the source gives it. */
  eventTime(): string | undefined;
}

/** Events as they came from the source. */
export interface EventBatch {
  /** Returns a cursor before the first event. */
  cursor(): EventCursor;
  /** Present if events were lost after these. */
  gap?: GapEvent;
}

/** An event subscription in this process. */
export interface LocalTableEvents extends TableEvents {
  /** Whether events wait to be read, if the source can say. */
  readonly hasUnread?: boolean;
  /** Yields events in batches, without making an object for each: for code that looks at all of them. */
  batches(): AsyncIterable<EventBatch>;
}
