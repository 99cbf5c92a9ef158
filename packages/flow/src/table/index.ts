export type {
  BulkResult,
  FlushResult,
  Limits,
  ListedChange,
  ListedOutcome,
  MadeFlow,
  PlanResult,
  PlanSummary,
  TableFlushScope,
  Verification,
} from './changes.js';
export { TableError, type TableErrorCode, type TableErrorDetails } from './errors.js';
export type { GapEvent, TableEvent } from './events.js';
export type { KeyedExpectation } from './expectations.js';
export type { Counts, Metric, Page, Top, TopItem } from './lists.js';
export type { Refusal, RestoreReport, SnapshotFormat } from './snapshots.js';
export type { Diagnosis, Finding, SourceInfo, SourceKind, TableCapabilities } from './source.js';
export type { CpuStats, TableStats } from './stats.js';
