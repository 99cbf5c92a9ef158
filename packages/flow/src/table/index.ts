/**
 * What all tables share, local and remote: results, limits, events and the error class {@link TableError}.
 *
 * @module
 */

export type { BulkResult, Limits, PlanResult, Verification } from './bulk.js';
export type { ListedChange, ListedOutcome, MadeFlow, PlanSummary } from './changes.js';
export { TableError, type TableErrorCode, type TableErrorDetails } from './errors.js';
export type { GapEvent, TableEvent } from './events.js';
export type { KeyedExpectation } from './expectations.js';
export type { FleetMeta, NodeFailure, NodeOutcome } from './fleet.js';
export { checkFlushScope, type FlushResult, type TableFlushScope } from './flush.js';
export { type Certainty, type HistoryGap, type HistoryTimes, historyRange, type TimeRange } from './history.js';
export type { Counts, Metric, Overview, Page, Ranking, Top, TopItem } from './lists.js';
export type { Refusal, RestoreReport, SnapshotFormat } from './snapshots.js';
export {
  checkWritable,
  type Diagnosis,
  type Finding,
  type FindingGroup,
  type FindingStatus,
  type IndexMeta,
  type IndexState,
  type SourceInfo,
  type SourceKind,
  type TableCapabilities,
} from './source.js';
export { COUNTER_NAMES, type CpuStats, type TableStats } from './stats.js';
