/**
 * One interface to connection tracking tables: the kernel's, captures, and tables in memory. Filters run in the kernel where possible, and
 * changes are limited and planned.
 *
 * @module
 */

export type {
  BulkResult,
  Counts,
  CpuStats,
  Diagnosis,
  Finding,
  FindingGroup,
  FindingStatus,
  FleetMeta,
  FlushResult,
  GapEvent,
  IndexMeta,
  IndexState,
  KeyedExpectation,
  Limits,
  ListedChange,
  ListedOutcome,
  MadeFlow,
  Metric,
  NodeFailure,
  NodeOutcome,
  Overview,
  Page,
  PlanResult,
  PlanSummary,
  Ranking,
  Refusal,
  RestoreReport,
  SnapshotFormat,
  SourceInfo,
  SourceKind,
  TableCapabilities,
  TableErrorCode,
  TableErrorDetails,
  TableEvent,
  TableFlushScope,
  TableStats,
  Top,
  TopItem,
  Verification,
} from '@conntrack/flow/table';
export { checkWritable, TableError } from '@conntrack/flow/table';
export type { LocalChangeEachOptions } from './change/change-each.js';
export type { LocalBulkOptions, LocalPlanOptions, SkipOption } from './change/change-options.js';
export type { LocalExecuteOptions } from './change/execute.js';
export { flushFilter } from './change/flush.js';
export { DEFAULT_MAX_AFFECTED, refusalOf } from './change/limits.js';
export { type LocalPlan, PLAN_LIFE } from './change/plan.js';
export { flowOfSocket } from './change/socket-flow.js';
export { upsertChange, upsertFault } from './change/upsert.js';
export { ConntrackTable, type TableOptions } from './conntrack-table.js';
export { TRACKING_RULES } from './doctor/tracking-rules.js';
export { type EventOutcome, EventSelection, identityOf, LEFT, OUT, TOLD } from './events/event-selection.js';
export { FlowSet } from './events/flow-set.js';
export { ObjectEventCursor } from './events/object-events.js';
export { completed } from './events/selected-events.js';
export { ExpectationTable } from './expectation-table.js';
export type { AvailableOptions, LocalTable } from './local-table.js';
export { type OpenTableOptions, openTable } from './open.js';
export { BoundedHeap } from './read/bounded-heap.js';
export { columnOf, project } from './read/columns.js';
export { groupText, parseGroupBy } from './read/group-by.js';
export { type MatchingRows, newCounts, type RowCounts, rowsOfFlows } from './read/matching-rows.js';
export { encodePageCursor } from './read/page-cursor.js';
export { parseSort, printSort, type RowOrder, rowOrder, type SortKey } from './read/sort.js';
export { MOVING_FIELDS, type SortValue } from './read/sort-fields.js';
export { type LocalTopOptions, TOP_FIELDS } from './read/top.js';
export type { LocalRestoreOptions } from './snapshot/restore.js';
export { type CaptureOptions, CaptureSource } from './source/capture/capture-source.js';
export type { EventBatch, EventCursor, LocalEventOptions, LocalTableEvents } from './source/events.js';
export {
  type ExpectationEventOptions,
  type ExpectationEvents,
  type ExpectationSource,
  type ExpectationTableEvent,
  expectationKey,
} from './source/expectations.js';
export type { TableFacts } from './source/facts.js';
export type { IndexOptions } from './source/indexed/options.js';
export { type KernelOptions, KernelSource } from './source/kernel/kernel-source.js';
export { type KernelPlan, planKernel } from './source/kernel/planner.js';
export { type MemoryOptions, MemorySource } from './source/memory/memory-source.js';
export { rowOfFlow } from './source/object-rows.js';
export { isSourceFailure } from './source/require-connection.js';
export type { RowBatch, RowCursor } from './source/rows.js';
export type { ChangeOutcome, Check, ScanOptions, TableSource } from './source/source.js';
export { ALTERED, type ViewOptions } from './source/view/view-source.js';
export type { Plan, SnapshotText, Table, TableEvents } from './table.js';
export type {
  BadLine,
  BulkOptions,
  ChangeEachOptions,
  ChangeOptions,
  DoctorOptions,
  Drain,
  ExecuteOptions,
  FilteredOptions,
  ListOptions,
  OperationOptions,
  OverviewOptions,
  PageOptions,
  PlanOptions,
  ReadOptions,
  Reconciliation,
  RestoreOptions,
  SnapshotOptions,
  SortTerm,
  TableEventOptions,
  TopOptions,
} from './table-options.js';
