export type {
  BulkOptions,
  BulkResult,
  FlowChange,
  FlowRef,
  FlushScope,
  Limits,
  NatRange,
  NewFlow,
} from './change/bulk.js';
export type { ChangeEachOptions, ListedChange, ListedOutcome } from './change/change-each.js';
export type { Drain } from './change/drain.js';
export type { ExecuteOptions, PlanResult } from './change/execute.js';
export { flushFilter } from './change/flush.js';
export { DEFAULT_MAX_AFFECTED, refusalOf } from './change/limits.js';
export { PLAN_LIFE, type Plan, type PlanOptions } from './change/plan.js';
export type { Reconciliation } from './change/reconcile.js';
export { flowOfSocket, type SocketEnds } from './change/socket-flow.js';
export { upsertChange, upsertFault } from './change/upsert.js';
export type { Verification, VerifyOptions } from './change/verify.js';
export { ConntrackTable, type MadeFlow, type OperationOptions, type TableOptions } from './conntrack-table.js';
export { type Diagnosis, DOCTOR_CHECKS, diagnose, type Finding, TRACKING_RULES } from './doctor/doctor.js';
export type { TableFacts } from './doctor/facts.js';
export { TableError, type TableErrorCode, type TableErrorDetails } from './errors.js';
export {
  type EventOutcome,
  EventSelection,
  identityOf,
  LEFT,
  OUT,
  type SelectionOptions,
  TOLD,
} from './events/event-selection.js';
export type { EventBatch, EventCursor, EventOptions, GapEvent, TableEvent, TableEvents } from './events/events.js';
export { FlowSet } from './events/flow-set.js';
export { completed } from './events/selected-events.js';
export {
  type ExpectationEventOptions,
  type ExpectationEvents,
  type ExpectationFlushScope,
  type ExpectationRef,
  type ExpectationSource,
  ExpectationTable,
  type ExpectationTableEvent,
  expectationKey,
  type KeyedExpectation,
} from './expectations/expectations.js';
export { type OpenOptions, openTable } from './open.js';
export type { Counts } from './read/counts.js';
export type { ListOptions, Page, PageOptions } from './read/list.js';
export type { MatchingRows, RowCounts } from './read/matching-rows.js';
export { parseSort, printSort, type SortTerm } from './read/sort.js';
export { SORT_FIELDS } from './read/sort-fields.js';
export type { TableStats } from './read/stats.js';
export { type Metric, TOP_FIELDS, type Top, type TopItem, type TopOptions } from './read/top.js';
export { newFlowOf } from './snapshot/new-flow-of.js';
export type { Refusal, RestoreOptions, RestoreReport } from './snapshot/restore.js';
export type { SnapshotFormat, SnapshotOptions } from './snapshot/snapshot.js';
export type { Capabilities } from './source/capabilities.js';
export { type CaptureOptions, CaptureSource } from './source/capture/capture-source.js';
export { type KernelOptions, KernelSource } from './source/kernel/kernel-source.js';
export { type KernelPlan, planKernel } from './source/kernel/planner.js';
export { type MemoryOptions, MemorySource } from './source/memory/memory-source.js';
export type {
  ChangeOutcome,
  Check,
  RowBatch,
  RowCursor,
  ScanOptions,
  SourceInfo,
  SourceKind,
  TableSource,
} from './source/source.js';
export type { ViewOptions } from './source/view/view-source.js';
