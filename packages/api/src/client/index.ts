export type { Flow, FlowChange } from '@conntrack/flow';
export { FlowIndex } from '../events/flow-index.js';
export type { Fault, ProblemCode } from '../problems.js';
export type {
  BulkAnswer,
  Deleted,
  FilterCheck,
  FilterCompletions,
  FilterExplanation,
  FilterField,
  FlowPage,
  Flushed,
  ListEnd,
  ServerCapabilities,
  Updated,
} from './answers.js';
export type { RetryOptions } from './backoff.js';
export {
  type BulkOptions,
  type CallOptions,
  type CompleteOptions,
  ConntrackClient,
  type FlushOptions,
  type ListOptions,
  type LookupTuple,
  type NewFlowInput,
  type PageOptions,
} from './client.js';
export { ApiError, ClientError, type ClientErrorCode, type ProblemBody } from './errors.js';
export type {
  BookmarkRecord,
  FlowRecord,
  GapRecord,
  ResyncRecord,
  SnapshotRecord,
  WatchRecord,
} from './events.js';
export type { FilterInput, Wish } from './filter-text.js';
export type { KeyInput } from './parameters.js';
export type { ClientOptions } from './transport.js';
export type { WatchOptions } from './watch.js';
