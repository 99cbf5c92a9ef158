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
export {
  type Attribute,
  type AttributeType,
  CONNTRACK_ATTRIBUTES,
  EXPECTATION_ATTRIBUTES,
} from './attributes.js';
export type { BatchOutcome } from './batch.js';
export type { Capabilities, DumpCondition } from './capabilities.js';
export {
  Conntrack,
  type CreateOptions,
  type DumpOptions,
  type DumpSlab,
  type ListOptions,
  type ManyOptions,
  type UpdateOptions,
} from './conntrack.js';
export type { Dropped } from './drops.js';
export type { ExpectationRef, NewExpectation } from './encode-expectation.js';
export { EntryCursor } from './entry-cursor.js';
export { NetlinkError, type NetlinkErrorCode, type NetlinkErrorDetails, type Operation } from './error.js';
export type { EventCounters, EventGap, EventItem, EventOptions, EventSlab, EventStream } from './event-stream.js';
export type { ExpectationFlushScope, Expectations } from './expectations.js';
export type { KernelFault } from './fault-probe.js';
export type { FlushCondition, FlushScope } from './flush.js';
export type { KernelFilter } from './kernel-filter.js';
export type { Check } from './look-up.js';
export { type Native, NativeMissingError, type NativeStream } from './native.js';
export type { NetnsRef } from './netns.js';
export type { OpenOptions, OperationOptions } from './session.js';
export type { CpuStats, ExpectationCpuStats, TableCount } from './stats.js';
export { sendUnixDatagram } from './unix-datagram.js';
export type { WatchItem, WatchOptions } from './watch.js';
