export type { Capabilities } from './capabilities.js';
export { type CaptureOptions, CaptureSource } from './capture-source.js';
export type { BulkOptions, BulkResult, FlowChange, FlowRef, FlushScope, Limits, NatRange, NewFlow } from './change.js';
export type { ChangeEachOptions, ListedChange, ListedOutcome } from './change-each.js';
export { SORT_FIELDS } from './compare.js';
export type { Counts } from './counts.js';
export { type Diagnosis, DOCTOR_CHECKS, diagnose, type Finding, TRACKING_RULES } from './doctor.js';
export type { Drain } from './drain.js';
export { TableError, type TableErrorCode, type TableErrorDetails } from './errors.js';
export {
  type EventOutcome,
  EventSelection,
  identityOf,
  LEFT,
  OUT,
  type SelectionOptions,
  TOLD,
} from './event-selection.js';
export type { EventBatch, EventCursor, EventOptions, GapEvent, TableEvent, TableEvents } from './events.js';
export type { ExecuteOptions, PlanResult } from './execute.js';
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
} from './expectations.js';
export { FlowSet } from './flow-set.js';
export { flushFilter } from './flush-scope.js';
export { type KernelOptions, KernelSource } from './kernel-source.js';
export { DEFAULT_MAX_AFFECTED, refusalOf } from './limits.js';
export type { ListOptions, Page, PageOptions } from './list.js';
export { type MemoryOptions, MemorySource } from './memory-source.js';
export { newFlowOf } from './new-flow-of.js';
export { type OpenOptions, openTable } from './open.js';
export { PLAN_LIFE, type Plan, type PlanOptions } from './plan.js';
export { type KernelPlan, planKernel } from './planner.js';
export type { Reconciliation } from './reconcile.js';
export type { Refusal, RestoreOptions, RestoreReport } from './restore.js';
export type { MatchingRows, RowCounts } from './rows.js';
export { completed } from './selected-events.js';
export type { SnapshotFormat, SnapshotOptions } from './snapshot.js';
export { parseSort, printSort, type SortTerm } from './sort.js';
export type {
  ChangeOutcome,
  Check,
  RowBatch,
  RowCursor,
  ScanOptions,
  SourceInfo,
  SourceKind,
  TableSource,
} from './source.js';
export { flowOfSocket, type SocketEnds } from './spare.js';
export type { TableStats } from './stats.js';
export { ConntrackTable, type MadeFlow, type OperationOptions, type TableOptions } from './table.js';
export type { TableFacts } from './table-facts.js';
export { type Metric, TOP_FIELDS, type Top, type TopItem, type TopOptions } from './top.js';
export { upsertChange, upsertFault } from './upsert.js';
export type { Verification, VerifyOptions } from './verify.js';
export type { ViewOptions } from './view-source.js';
