export * from './answers.js';
export { formatPosition, type Position, parsePosition } from './position.js';
export { type Fault, PROBLEMS, type ProblemCode } from './problems.js';
export type {
  BookmarkRecord,
  ByeRecord,
  EventRecord,
  FlowRecord,
  GapPlace,
  GapRecord,
  ResyncRecord,
  SnapshotRecord,
  WatchRecord,
} from './records.js';
export type {
  Capabilities,
  CpuStats,
  DumpFilter,
  Finding,
  FlushScope,
  ListedChange,
  Outcome,
  ReadPlan,
  Reasons,
  RestoreCounts,
  RestoreRefusal,
  SourceInfo,
  TableStats,
  TopItem,
  TopSummary,
} from './results.js';
