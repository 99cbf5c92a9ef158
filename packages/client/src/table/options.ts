import type { Filter } from '@conntrack/filter';
import type { FlowEventType } from '@conntrack/flow';
import type { OptionKeys } from '@conntrack/flow/checks';
import type { Limits, Metric, PlanResult, RestoreReport, SnapshotFormat } from '@conntrack/flow/table';
import type { CallOptions, TextOptions } from '../calls/options.js';
import { CALL } from '../calls/rules.js';

// The same options as those of `Table` in `@conntrack/table`; a test compares them. Each type is followed by its known
// keys: unknown options are rejected.

export interface Filtered extends CallOptions {
  filter?: Filter;
}
export const FILTERED: OptionKeys<Filtered> = { ...CALL, filter: 0 };

export interface Read extends Filtered {
  fresh?: boolean;
}
export const READ: OptionKeys<Read> = { ...FILTERED, fresh: 0 };

const { filter: _, ...counts } = READ;
export const COUNTS: OptionKeys<Omit<Read, 'filter'>> = counts;

export interface List extends Read {
  sort?: readonly { field: string; descending?: boolean }[];
  limit?: number;
  reads?: readonly string[];
}
export const LIST: OptionKeys<List> = { ...READ, sort: 0, limit: 0, reads: 0 };

export interface Text extends Filtered, Pick<TextOptions, 'format' | 'limit' | 'fields'> {}
export const TEXT: OptionKeys<Text> = { ...FILTERED, format: 0, limit: 0, fields: 0 };

export interface PageOf extends List {
  limit: number;
  cursor?: string;
  offset?: number;
}
export const PAGE: OptionKeys<PageOf> = { ...LIST, cursor: 0, offset: 0 };

export interface TopOf extends Read {
  by: string | readonly string[];
  distinct?: string | readonly string[];
  metric?: Metric;
  k?: number;
}
export const TOP: OptionKeys<TopOf> = { ...READ, by: 0, distinct: 0, metric: 0, k: 0 };

export interface OverviewOf extends List {
  limit: number;
  offset?: number;
  groups?: readonly Omit<TopOf, keyof Read>[];
  counts?: Readonly<Record<string, Filter>>;
}
export const OVERVIEW: OptionKeys<OverviewOf> = { ...LIST, offset: 0, groups: 0, counts: 0 };

export interface Doctor extends CallOptions {
  interval?: number;
}
export const DOCTOR: OptionKeys<Doctor> = { ...CALL, interval: 0 };

export interface Events extends Filtered {
  types?: readonly FlowEventType[];
}
export const EVENTS: OptionKeys<Events> = { ...FILTERED, types: 0 };

export interface Snapshot extends Filtered {
  format?: SnapshotFormat;
}
export const SNAPSHOT: OptionKeys<Snapshot> = { ...FILTERED, format: 0 };

export interface Restore extends CallOptions {
  onBadLine?: (error: { readonly line: number; readonly message: string }) => void;
  dryRun?: boolean;
  live?: (report: Readonly<RestoreReport>) => void;
}
export const RESTORE: OptionKeys<Restore> = { ...CALL, onBadLine: 0, dryRun: 0, live: 0 };

export interface Change extends Limits, CallOptions {
  strict?: boolean;
}
const CHANGE: OptionKeys<Change> = { ...CALL, maxAffected: 0, expect: 0, tolerance: 0, strict: 0 };

export interface PlanOf extends Change {
  sample?: number;
}
export const PLAN: OptionKeys<PlanOf> = { ...CHANGE, sample: 0 };

export interface Execute extends CallOptions {
  live?: (result: Readonly<PlanResult>) => void;
  requestId?: string;
}
export const EXECUTE: OptionKeys<Execute> = { ...CALL, live: 0, requestId: 0 };

export interface Bulk extends Change {
  dryRun?: boolean;
}
export const BULK: OptionKeys<Bulk> = { ...CHANGE, dryRun: 0 };

export interface ChangeEach extends CallOptions {
  dryRun?: boolean;
}
export const CHANGE_EACH: OptionKeys<ChangeEach> = { ...CALL, dryRun: 0 };

/** One filter or many. */
export type Filters = Filter | readonly Filter[];
