/**
 * A client for the HTTP API: calls, lists and watches. It has no dependency on Node, and runs in browsers as well.
 *
 * @module
 */
export type { Flow, FlowChange } from '@conntrack/flow';
export type { RetryOptions } from './calls/backoff.js';
export type { FilterInput, FilterValue } from './calls/filter-text.js';
export type {
  BulkOptions,
  CallOptions,
  ChangeCallOptions,
  ChangesOptions,
  CompleteOptions,
  DoctorOptions,
  ExpectationOptions,
  FlushOptions,
  ListedChangeInput,
  ListOptions,
  LookupTuple,
  NewFlowInput,
  OverviewOptions,
  PageOptions,
  PlannedOptions,
  PlanOptions,
  RestoreOptions,
  SnapshotOptions,
  TextFormat,
  TextOptions,
  TopOptions,
} from './calls/options.js';
export type { KeyInput } from './calls/parameters.js';
export type { ClientOptions } from './calls/transport.js';
export { ConntrackClient } from './client.js';
export { ApiError, ClientError, type ClientErrorCode, type ProblemBody } from './errors.js';
export type {
  BulkAnswer,
  Caller,
  Changed,
  Deleted,
  ExpectationList,
  ExpectationsFlushed,
  FilterCheck,
  FilterCompletions,
  FilterExplanation,
  FilterField,
  FlowOverview,
  FlowPage,
  Flushed,
  ListEnd,
  PastGaps,
  PlanAnswer,
  PlanHandle,
  PlanRecord,
  Restored,
  ServedNamespace,
  ServerCapabilities,
  ServerVersion,
  TopGroups,
  Updated,
} from './protocol/answers.js';
export type { Fault, ProblemCode } from './protocol/problems.js';
export type {
  BookmarkRecord,
  FlowRecord,
  GapPlace,
  GapRecord,
  ResyncRecord,
  SnapshotRecord,
  WatchRecord,
} from './protocol/records.js';
export { FlowIndex } from './watch/flow-index.js';
export type { WatchOptions } from './watch/watch.js';
export type { ExpectationRecord, WatchExpectationsOptions } from './watch/watch-expectations.js';
