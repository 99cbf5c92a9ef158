/**
 * A client of the kernel's connection tracking table over netlink (ctnetlink): list, get, create, change, delete, flush, count and watch
 * entries. Linux only.
 *
 * @module
 */

export type {
  Expectation,
  ExpectationEvent,
  Flow,
  FlowChange,
  FlowCursor,
  FlowEvent,
  FlowEventType,
  FlowRef,
  NatRange,
  NewFlow,
} from '@conntrack/flow';
export type { CpuStats } from '@conntrack/flow/table';
export type { Capabilities, DumpCondition, KernelFault } from './change/capabilities.js';
export type { Dropped } from './change/drops.js';
export { EntryDeletions } from './change/entry-deletions.js';
export type { FlushCondition, FlushScope } from './change/flush.js';
export type { Check } from './change/look-up.js';
export { type KernelFilter, pushDown } from './change/push-down.js';
export type { BatchOutcome } from './change/send-window.js';
export { Conntrack } from './client/conntrack.js';
export type { DumpSlab, FilteredSlab } from './client/dumps.js';
export type { CreateOptions, DumpOptions, ListOptions, ManyOptions, UpdateOptions } from './client/options.js';
export { EntryCursor } from './entry/cursor.js';
export type { EventOptions, WatchOptions } from './events/options.js';
export type { EventCounters, EventGap, EventItem, EventSlab, EventStream } from './events/stream.js';
export type { WatchItem } from './events/watch.js';
export type { ExpectationFlushScope, Expectations } from './expectation/expectations.js';
export type { ExpectationRef, NewExpectation } from './expectation/request.js';
export { type Native, NativeMissingError, type NativeStream } from './socket/native.js';
export type { NetnsRef } from './socket/netns.js';
export type { OpenOptions, OperationOptions } from './socket/options.js';
export { sendUnixDatagram } from './socket/unix-datagram.js';
export {
  type Attribute,
  CONNTRACK_ATTRIBUTES,
  EXPECTATION_ATTRIBUTES,
} from './wire/attributes.js';
export { NetlinkError, type NetlinkErrorCode, type NetlinkErrorDetails, type Operation } from './wire/error.js';
export type { Flowtable } from './wire/flowtables.js';
export type { ExpectationCpuStats, TableCount } from './wire/stats.js';
export type { AttributeType } from './wire/types.js';
