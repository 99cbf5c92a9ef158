import type { Filter } from '@conntrack/filter';
import type { FlowEventType } from '@conntrack/flow';
import type { Limits, Metric, PlanResult, RestoreReport, SnapshotFormat } from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';

export type { OperationOptions };

/** Options of an operation on the flows that match a filter. Default: all flows. */
export interface FilteredOptions extends OperationOptions {
  /** The filter. Default: all flows. */
  filter?: Filter;
}

/** Options of an operation that reads flows. */
export interface ReadOptions extends FilteredOptions {
  /** Whether to read the table itself, even if it has a current copy of it in memory (an index). Default: false. */
  fresh?: boolean;
}

/** One term of an order. */
export interface SortTerm {
  /** The field to sort by, one of {@link sortFields}. */
  field: string;
  /** Whether the largest value comes first. Default: false. */
  descending?: boolean;
}

/** Options of a list: which flows, in which order, how many. */
export interface ListOptions extends ReadOptions {
  /** The order. Requires a `limit`. Default: the table's own order, as entries are found. */
  sort?: readonly SortTerm[];
  /** Maximum number of flows. Default: no limit. */
  limit?: number;
  /**
   * Fields that the caller reads from the flows, by their names in the filter language: counters of an index are then current, and flows have
   * `rate` and `firstSeen`, which only an index knows. Fields of the filter and of the order need not be listed.
   */
  reads?: readonly string[];
}

/** Options of a part of a sorted list that begins at the number of a row. */
export interface WindowOptions {
  /**
   * Number of rows of the sorted list before the first item. With an index, the list may be of any length, and its order is kept for some
   * seconds; flows that ended in the meantime are left out. Without an index, `offset` + `limit` can be at most 10,000. Default: 0.
   */
  offset?: number;
}

/** Options of a page of a sorted list. */
export interface PageOptions extends ListOptions, WindowOptions {
  /** Maximum number of items on the page. */
  limit: number;
  /** The `next` of the previous page. A page has a `cursor` or an `offset`. */
  cursor?: string;
}

/** Options of a ranking: what to group, and how. */
export interface TopOptions extends ReadOptions {
  /**
   * The fields to group by, each one of {@link TOP_FIELDS}: `src`, `src,dport` or `['src', 'dport']`. Addresses can be grouped by prefix:
   * `src/24` groups IPv4 by /24 and IPv6 by /64, `src/56` groups IPv6 by /56 and leaves IPv4 addresses whole, `src/24/56` sets both.
   */
  by: string | readonly string[];
  /** The fields whose distinct values are counted in each group, written like `by`. With several fields, combinations are counted. */
  distinct?: string | readonly string[];
  /** What groups are ranked by. Default: `distinct` if distinct values are counted, otherwise `flows`. */
  metric?: Metric;
  /** Maximum number of groups to return. Default: 20. */
  k?: number;
}

/** Options of an overview: a list, with rankings and counts of the same flows. */
export interface OverviewOptions extends ListOptions, WindowOptions {
  /** Maximum number of flows to return. 0 returns none. */
  limit: number;
  /** The rankings of the flows that match. */
  groups?: readonly Omit<TopOptions, keyof ReadOptions>[];
  /** Filters by name. Each counts the flows that match it and `filter`. */
  counts?: Readonly<Record<string, Filter>>;
}

/** Options of the checks. */
export interface DoctorOptions extends OperationOptions {
  /**
   * Milliseconds between two looks at the kernel's counters: the second one shows if traffic is being lost now. 0: one look. Default: 1000.
   */
  interval?: number;
}

/** Options of an event stream. */
export interface TableEventOptions extends FilteredOptions {
  /** Event types. Default: all three. With a `filter`, a flow that no longer matches is reported as `destroy` with `reason: 'unmatched'`. */
  types?: readonly FlowEventType[];
}

/** Options for writing a snapshot. */
export interface SnapshotOptions extends FilteredOptions {
  /** The format. Default: `ndjson`. */
  format?: SnapshotFormat;
}

/** A line of a snapshot that cannot be read. */
export interface BadLine {
  /** Number of the line, from 1. */
  readonly line: number;
  /** What is wrong with the line. */
  readonly message: string;
}

/** Options for restoring a snapshot. */
export interface RestoreOptions extends OperationOptions {
  /** Called with each bad line, which is then skipped. Without it, the first bad line throws; the flows before it have been created. */
  onBadLine?: (error: BadLine) => void;
  /** Counts what would be created, and creates nothing. Each flow is checked as if the others did not exist in the snapshot. */
  dryRun?: boolean;
  /**
   * Called at most once, with the report, which grows during the restore. If the restore fails, it has the counts so far. A server's
   * counts arrive at the end, and not at all if the connection breaks.
   */
  live?: (report: Readonly<RestoreReport>) => void;
}

/** Options that limit a change of many flows. */
export interface ChangeOptions extends Limits, OperationOptions {
  /**
   * Looks up each flow again just before its change, and skips it if there are signs of a successor: another start time or mark, lower
   * counters, or a lost ASSURED or SEEN_REPLY. This costs one more look-up for each target. A successor that appears within the
   * microseconds between look-up and change is still hit.
   */
  strict?: boolean;
}

/** Options of a plan. */
export interface PlanOptions extends ChangeOptions {
  /** Maximum number of flows to show. Default: 100. */
  sample?: number;
}

/** Options for executing a plan. */
export interface ExecuteOptions extends OperationOptions {
  /**
   * Called at most once, before the first flow is changed, with the counts, which grow during the change. A server's counts arrive in
   * intervals.
   */
  live?: (result: Readonly<PlanResult>) => void;
  /** The id of the request that executes the plan, for the log of a server and of the nodes of a fleet. A local table does not use it. */
  requestId?: string;
}

/** Options of a change of many flows without a separate plan. */
export interface BulkOptions extends ChangeOptions {
  /** Counts and shows the flows, and changes nothing. */
  dryRun?: boolean;
}

/** Options of a list of single changes. The signal stops between two changes. */
export interface ChangeEachOptions extends OperationOptions {
  /** Looks up each entry, and changes nothing. Each change is checked by itself, as if the others were not made. */
  dryRun?: boolean;
}

/** Which flows should end, and when. */
export interface Drain {
  /** The flows that should end. */
  filter: Filter | readonly Filter[];
  /** Seconds from now. */
  within: number;
}

/** Which flows to delete: everything in the scope that no filter of `keep` matches. */
export interface Reconciliation {
  /** The flows that the caller is responsible for. */
  scope: Filter;
  /** The flows of the scope to keep. An empty list deletes the whole scope. */
  keep: Filter | readonly Filter[];
}
