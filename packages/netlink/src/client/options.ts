import {
  abortSignal,
  anything,
  type Complain,
  callback,
  EVENT_TYPES,
  expecting,
  type FlowRef,
  flag,
  listOf,
  type OptionRule,
  type OptionRules,
  oneOf,
  whole,
} from '@conntrack/flow';
import type { EventOptions } from '../events/stream.js';
import type { WatchOptions } from '../events/watch.js';
import type { OpenOptions, OperationOptions } from '../socket/session.js';
import { NetlinkError, type Operation } from '../wire/error.js';
import type { CreateOptions, DumpOptions, ListOptions, ManyOptions, UpdateOptions } from './conntrack.js';

/** The error of a flow, change or reference that is not sent. */
export const notEncodable =
  (operation: Operation): Complain =>
  message =>
    new NetlinkError('NOT_ENCODABLE', operation, message);

const events: OptionRule = listOf(oneOf(EVENT_TYPES));

/** What the options of each public function may hold. */
export const OPERATION: OptionRules<OperationOptions> = { signal: abortSignal };
export const OPEN: OptionRules<OpenOptions> = {
  // Values are checked where the namespace is entered.
  netns: anything,
  native: expecting('an object', value => typeof value === 'object' && value !== null),
};
export const DUMP: OptionRules<DumpOptions & { reuse?: boolean }> = {
  ...OPERATION,
  // Its members are checked where it is encoded.
  filter: expecting('an object', value => typeof value === 'object' && value !== null),
  zeroCounters: flag,
  table: oneOf(['conntrack', 'dying', 'unconfirmed']),
  reuse: flag,
};
const { reuse: _, ...dump } = DUMP;
export const LIST: OptionRules<ListOptions> = { ...dump, match: callback };
export const DROPS: OptionRule = oneOf(['refuse', 'allow']);
export const CREATE: OptionRules<CreateOptions> = { ...OPERATION, replace: flag, drops: DROPS };
export const UPDATE: OptionRules<UpdateOptions> = { ...OPERATION, drops: DROPS };
export const MANY: OptionRules<ManyOptions> = { ...OPERATION, check: callback };
export const UPDATE_MANY: OptionRules<ManyOptions & UpdateOptions> = { ...MANY, ...UPDATE };
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
export const WATCH: OptionRules<WatchOptions> = {
  ...OPERATION,
  filter: DUMP.filter,
  buffer: whole(),
  bufferBytes: whole(),
  backlog: whole(),
  match: callback,
};
export const EXPECTATIONS: OptionRules<OperationOptions & { master?: FlowRef }> = {
  ...OPERATION,
  master: expecting('an object', value => typeof value === 'object' && value !== null),
};
