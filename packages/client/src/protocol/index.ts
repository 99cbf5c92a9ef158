/**
 * The types and tables of the HTTP API that server and client share: responses, event records, problems and positions.
 *
 * @module
 */
export * from './answers.js';
export { dryRunOf } from './dry-run.js';
export { MAX_COUNTS } from './limits.js';
export { formatPosition, type Position, parsePosition } from './position.js';
export { type Fault, PROBLEMS, type ProblemCode } from './problems.js';
export type { DumpFilter, ReadPlan } from './read-plan.js';
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
export { TABLE_PROBLEMS } from './table-problems.js';
