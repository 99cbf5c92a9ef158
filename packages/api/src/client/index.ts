export type { Flow, FlowChange } from '@conntrack/flow';
export { FlowIndex } from '../events/flow-index.js';
export type {
  BookmarkRecord,
  FlowRecord,
  GapPlace,
  GapRecord,
  ResyncRecord,
  SnapshotRecord,
} from '../events/records.js';
export type { Fault, ProblemCode } from '../problems.js';
export type {
  BulkAnswer,
  Changed,
  Deleted,
  ExpectationList,
  ExpectationsFlushed,
  FilterCheck,
  FilterCompletions,
  FilterExplanation,
  FilterField,
  FlowPage,
  Flushed,
  ListEnd,
  PlanAnswer,
  PlanHandle,
  PlanRecord,
  Restored,
  ServerCapabilities,
  TopGroups,
  Updated,
} from './answers.js';
export type { RetryOptions } from './backoff.js';
export { ConntrackClient } from './client.js';
export { ApiError, ClientError, type ClientErrorCode, type ProblemBody } from './errors.js';
export type { WatchRecord } from './events.js';
export type { FilterInput, Wish } from './filter-text.js';
export type {
  BulkOptions,
  CallOptions,
  ChangeCallOptions,
  ChangesOptions,
  CompleteOptions,
  ExpectationOptions,
  FlushOptions,
  ListedChangeInput,
  ListOptions,
  LookupTuple,
  NewFlowInput,
  PageOptions,
  PlannedOptions,
  PlanOptions,
  RestoreOptions,
  SnapshotOptions,
  TopOptions,
} from './options.js';
export type { KeyInput } from './parameters.js';
export type { ClientOptions } from './transport.js';
export type { WatchOptions } from './watch.js';
export type { ExpectationRecord, WatchExpectationsOptions } from './watch-expectations.js';
