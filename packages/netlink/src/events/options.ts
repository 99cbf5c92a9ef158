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

/** Options of an event stream: which events, and how much room for unread ones. */
export interface EventOptions extends OperationOptions {
  /** Events of flows. Default: all three types. */
  flows?: readonly FlowEventType[];
  /** Events of expectations. Default: none. */
  expectations?: readonly FlowEventType[];
  /** Number of unread events that the kernel should keep. Default: 50,000 (64 MB). `EventStream.buffer` says how many it really keeps. */
  buffer?: number;
  /** Size of the kernel's buffer in bytes, in place of `buffer`, as setsockopt(2) takes it: the kernel doubles the number. */
  bufferBytes?: number;
  /**
   * Maximum bytes of received events that may wait in this process for a slow reader. Default: 134217728 (128 MiB, about 500,000 events). A
   * thread of its own empties the kernel's buffer, which overflows only when this room is full too. Memory is allocated as needed.
   */
  backlog?: number;
  /**
   * Whether the kernel keeps every `destroy` event until this listener has received it, however full its buffer is. `new` and `update`
   * events can still be lost (`gap`). Default: false. Requires the own namespace only. Read such a stream all the time: entries with
   * unread ends count towards `nf_conntrack_max`. Other listeners of the namespace may receive an end twice.
   */
  reliable?: boolean;
  /**
   * With `reliable`: maximum number of ended entries that may wait for listeners. Beyond it, the stream gives up: it reports a `gap`, and
   * ends can be lost from then on. Default: 20,000.
   */
  maxDying?: number;
  /** Receives the events of all namespaces for which this one has an id (ip-netns(8) `set`), and not only its own. Requires CAP_NET_BROADCAST. */
  allNamespaces?: boolean;
  /**
   * Only flow events for which it returns true are decoded. It sees the event, not the entry: labels, state, counters and more are often
   * absent, and a mark of 0 always is. For filters on the whole entry use `ConntrackTable.events`.
   */
  match?: (cursor: FlowCursor) => boolean;
}

/** The rules for {@link EventOptions}. */
export const EVENTS: OptionRules<EventOptions> = {
  ...OPERATION,
  flows: events,
  expectations: events,
  buffer: whole(),
  bufferBytes: whole(),
  backlog: whole(),
  allNamespaces: flag,
  reliable: flag,
  maxDying: whole(),
  match: callback,
};
/**
 * Options of a watch. `match` and `filter` select flows.
 *
 * For events, `match` sees only what the event carries, not the whole entry. A flow that stops matching sends no event. So select here by
 * addresses, ports, protocol and zone only, and watch a `ConntrackTable` for other conditions.
 */
export interface WatchOptions extends Omit<EventOptions, 'expectations' | 'flows' | 'allNamespaces'> {
  /** A filter that the kernel applies to the dumps. Events are sent for all flows that `match` allows. */
  filter?: KernelFilter;
}

/** The rules for {@link WatchOptions}. */
export const WATCH: OptionRules<WatchOptions> = {
  ...OPERATION,
  // The encoder checks its members.
  filter: object,
  buffer: whole(),
  bufferBytes: whole(),
  backlog: whole(),
  reliable: flag,
  maxDying: whole(),
  match: callback,
};
