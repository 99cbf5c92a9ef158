import type { Filter } from '@conntrack/filter';
import {
  abortSignal,
  anything,
  type Complain,
  callback,
  EVENT_TYPES,
  expecting,
  type FlowEventType,
  flag,
  listOf,
  type OptionRule,
  type OptionRules,
  objectOf,
  oneOf,
  text,
  whole,
} from '@conntrack/flow';
import type { BulkOptions } from './change/bulk.js';
import type { ChangeEachOptions } from './change/change-each.js';
import type { Drain } from './change/drain.js';
import type { ExecuteOptions } from './change/execute.js';
import type { PlanOptions } from './change/plan.js';
import type { Reconciliation } from './change/reconcile.js';
import type { VerifyOptions } from './change/verify.js';
import type { OperationOptions, TableOptions } from './conntrack-table.js';
import { TableError } from './errors.js';
import type { EventOptions } from './events/events.js';
import type { ExpectationEventOptions } from './expectations/expectations.js';
import type { OpenOptions } from './open.js';
import type { ListOptions, PageOptions } from './read/list.js';
import type { SortTerm } from './read/sort.js';
import type { TopOptions } from './read/top.js';
import type { RestoreOptions } from './snapshot/restore.js';
import type { SnapshotOptions } from './snapshot/snapshot.js';
import type { CaptureOptions } from './source/capture/capture-source.js';
import type { KernelOptions } from './source/kernel/kernel-source.js';
import type { MemoryOptions } from './source/memory/memory-source.js';
import type { ViewOptions } from './source/view/view-source.js';

/** The error of a flow or change that is not made. */
export const invalidChange: Complain = message => new TableError('INVALID_CHANGE', message);

const KINDS: readonly Filter['kind'][] = ['all', 'test', 'and', 'or', 'not'];
const isFilter = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && KINDS.includes((value as Filter).kind);
const filter: OptionRule = expecting('a filter, as parseFilter gives it', isFilter);
const filters: OptionRule = expecting(
  'a filter, or a list of filters, as parseFilter gives it',
  value => isFilter(value) || (Array.isArray(value) && value.every(isFilter)),
);
const sort: OptionRule = listOf(objectOf({ field: text, descending: flag } satisfies OptionRules<SortTerm>));

/** What the options of each public function may hold. */
export const OPERATION: OptionRules<OperationOptions> = { signal: abortSignal };
export const TABLE: OptionRules<TableOptions> = { protect: filter, now: callback };
export const KERNEL: OptionRules<KernelOptions> = { netns: anything };
export const CAPTURE: OptionRules<CaptureOptions> = { name: text, absent: text, onBadLine: callback };
export const MEMORY: OptionRules<MemoryOptions> = { name: text, max: whole(), clock: callback, expectations: anything };
export const OPEN: OptionRules<OpenOptions> = { ...TABLE, ...KERNEL, onBadLine: callback, clock: callback };
export const VIEW: OptionRules<ViewOptions> = { filter, admit: callback };
export const COUNT: OptionRules<{ filter?: Filter } & OperationOptions> = { ...OPERATION, filter };
export const LIST: OptionRules<ListOptions> = { ...COUNT, sort, limit: whole() };
export const PAGE: OptionRules<PageOptions> = { ...LIST, cursor: text };
export const TOP: OptionRules<TopOptions> = { ...COUNT, by: text, metric: text, k: whole(), capacity: whole() };
const types: OptionRule = listOf(oneOf(EVENT_TYPES));
export const AVAILABLE: OptionRules<{ filter?: Filter; events?: readonly FlowEventType[] } & OperationOptions> = {
  ...COUNT,
  events: types,
};
export const EVENTS: OptionRules<EventOptions> = {
  ...COUNT,
  types,
  buffer: whole(),
};
export const EXPECTATION_EVENTS: OptionRules<ExpectationEventOptions> = { ...OPERATION, types, buffer: whole() };
// Numbers are checked by checkLimits, which allows an infinite limit.
export const BULK: OptionRules<BulkOptions> = {
  ...OPERATION,
  maxAffected: anything,
  expect: anything,
  tolerance: anything,
  spare: callback,
  dryRun: flag,
  strict: flag,
};
export const CHANGE_EACH: OptionRules<ChangeEachOptions> = { ...OPERATION, spare: callback, dryRun: flag };
const { dryRun: _, ...limits } = BULK;
export const PLAN: OptionRules<PlanOptions> = { ...limits, life: anything, sample: whole() };
export const EXECUTE: OptionRules<ExecuteOptions> = {
  ...OPERATION,
  verify: objectOf({ after: whole() } satisfies OptionRules<VerifyOptions>),
  live: callback,
};
export const FLUSH: OptionRules<Pick<BulkOptions, 'signal' | 'spare'>> = { ...OPERATION, spare: callback };
export const SNAPSHOT: OptionRules<SnapshotOptions> = { ...COUNT, format: oneOf(['ndjson', 'save']) };
export const RESTORE: OptionRules<RestoreOptions> = {
  ...OPERATION,
  onBadLine: callback,
  dryRun: flag,
  maxFlows: whole(),
  live: callback,
};
// A deadline is checked where it becomes a change.
export const DRAIN: OptionRules<Drain> = { filter: filters, within: anything };
export const RECONCILIATION: OptionRules<Reconciliation> = { scope: filter, keep: filters };
export const EXPECTATION_FLUSH: OptionRules<{ all: true; helper: string }> = { all: flag, helper: text };
