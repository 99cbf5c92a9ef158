import { type OptionRules, whole } from '@conntrack/flow/checks';
import type { GapEvent } from '@conntrack/flow/table';
import { eventTypes, FILTERED_RULES } from '../option-rules.js';
import type { TableEvents } from '../table.js';
import type { TableEventOptions } from '../table-options.js';
import type { RowCursor } from './rows.js';

/** What to listen to in this process. */
export interface LocalEventOptions extends TableEventOptions {
  /** How many events may wait unread before some are lost. Default: 50,000. */
  buffer?: number;
}
export const EVENT_RULES: OptionRules<LocalEventOptions> = { ...FILTERED_RULES, types: eventTypes, buffer: whole() };

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

/** A subscription in this process. */
export interface LocalTableEvents extends TableEvents {
  /** Events in batches, without an object for each: for those who look at all of them. */
  batches(): AsyncIterable<EventBatch>;
}
