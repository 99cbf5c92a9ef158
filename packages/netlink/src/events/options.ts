import { EVENT_TYPES, type FlowCursor, type FlowEventType } from '@conntrack/flow';
import {
  callback,
  flag,
  listOf,
  type OptionRule,
  type OptionRules,
  object,
  oneOf,
  whole,
} from '@conntrack/flow/checks';
import type { KernelFilter } from '../change/push-down.js';
import { OPERATION, type OperationOptions } from '../socket/options.js';

const events: OptionRule = listOf(oneOf(EVENT_TYPES));

/** What to listen to, and with how much room. */
export interface EventOptions extends OperationOptions {
  /** Events of the table; default: all three. */
  flows?: readonly FlowEventType[];
  /** Events of the expectation table; default: none. */
  expectations?: readonly FlowEventType[];
  /** How many unread events the kernel shall keep; default: 50,000 (64 MB). See `EventStream.buffer` for what it gave. */
  buffer?: number;
  /** The same in bytes, as setsockopt(2) takes them: the kernel makes twice as many of them. Instead of `buffer`. */
  bufferBytes?: number;
  /**
   * How many bytes of received events may wait in this process for a slow reader; default: 134217728 (128 MiB, about 500,000 events). A thread of its
   * own takes them out of the kernel's buffer, which overflows only when this room is used up as well. Memory is used as it is needed.
   */
  backlog?: number;
  /** All namespaces that this one has an id for (ip-netns(8) `set`), not this one alone. Needs CAP_NET_BROADCAST. */
  allNamespaces?: boolean;
  /**
   * Only flow events that it is true for are decoded. It sees the event, not the entry: labels, state, counters and more are often absent, and a
   * mark of 0 always is. `ConntrackTable.events` takes filters that hold for the whole entry.
   */
  match?: (cursor: FlowCursor) => boolean;
}

/** What {@link EventOptions} may hold. */
export const EVENTS: OptionRules<EventOptions> = {
  ...OPERATION,
  flows: events,
  expectations: events,
  buffer: whole(),
  bufferBytes: whole(),
  backlog: whole(),
  allNamespaces: flag,
  match: callback,
};
/**
 * What to watch. `match` and `filter` leave flows out. In events `match` sees what the event carries, not the whole entry, and a flow that no
 * longer matches sends no event: ask for addresses, ports, protocol and zone here, and watch a `ConntrackTable` for the rest.
 */
export interface WatchOptions extends Omit<EventOptions, 'expectations' | 'flows' | 'allNamespaces'> {
  /** What the kernel leaves out of the dumps; events come for all flows that `match` lets through. */
  filter?: KernelFilter;
}

/** What {@link WatchOptions} may hold. */
export const WATCH: OptionRules<WatchOptions> = {
  ...OPERATION,
  // Its members are checked where it is encoded.
  filter: object,
  buffer: whole(),
  bufferBytes: whole(),
  backlog: whole(),
  match: callback,
};
