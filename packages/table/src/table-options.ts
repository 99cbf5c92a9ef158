import type { Filter } from '@conntrack/filter';
import type { FlowEventType } from '@conntrack/flow';
import type { Limits, Metric, SnapshotFormat } from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';

export type { OperationOptions };

/** Options of an operation on the flows that match; without a filter, on all. */
export interface FilteredOptions extends OperationOptions {
  filter?: Filter;
}

/** One key of an order. */
export interface SortTerm {
  field: string;
  descending?: boolean;
}

/** Which flows, in which order, how many. */
export interface ListOptions extends FilteredOptions {
  /** Without it flows come in the table's own order, as they are found. Needs a `limit`. */
  sort?: readonly SortTerm[];
  /** At most this many; all when absent. */
  limit?: number;
}

/** A page of a sorted list. */
export interface PageOptions extends ListOptions {
  limit: number;
  /** The `next` of the page before. */
  cursor?: string;
}

/** What to gather, and how much of it. */
export interface TopOptions extends FilteredOptions {
  /** A field of {@link TOP_FIELDS}. */
  by: string;
  /** Default: `flows`. */
  metric?: Metric;
  /** How many groups to return. Default: 20. */
  k?: number;
}

/** What to listen to. */
export interface TableEventOptions extends FilteredOptions {
  /** Default: all three. With a `filter`, a flow that no longer matches comes as `destroy` with `reason: 'left'`. */
  types?: readonly FlowEventType[];
}

/** How a snapshot is written. */
export interface SnapshotOptions extends FilteredOptions {
  /** Default: `ndjson`. */
  format?: SnapshotFormat;
}

/** A line of a snapshot that cannot be read. */
export interface BadLine {
  readonly line: number;
  readonly message: string;
}

/** How a snapshot is read back. */
export interface RestoreOptions extends OperationOptions {
  /** Called with each bad line, which is then left out. Without it the first bad line is an error; what stood before it has been made. */
  onBadLine?: (error: BadLine) => void;
  /** Count what would be made, and make nothing. Each flow is looked at as if the others were not made. */
  dryRun?: boolean;
}

/** What a change of many flows may touch. */
export interface ChangeOptions extends Limits, OperationOptions {
  /**
   * Look at each flow again just before its turn, and skip it where something shows that another connection took its place: another start time or mark,
   * lower counters, ASSURED or SEEN_REPLY lost. Each target costs one look-up more. A connection that takes over within the microseconds between
   * look-up and change is still hit.
   */
  strict?: boolean;
}

/** How a plan is made. */
export interface PlanOptions extends ChangeOptions {
  /** Flows to show, at most. Default: 100. */
  sample?: number;
}

/** How a change of many flows is made at once. */
export interface BulkOptions extends ChangeOptions {
  /** Count and show, change nothing. */
  dryRun?: boolean;
}

/** How a list of single changes is made. The signal stops between two of them. */
export interface ChangeEachOptions extends OperationOptions {
  /** Look at each entry, and change nothing. Each change is looked at by itself, as if the others were not made. */
  dryRun?: boolean;
}

/** Which flows are to end, and when. */
export interface Drain {
  filter: Filter | readonly Filter[];
  /** Seconds from now. */
  within: number;
}

/** What has to go: everything in the scope that none of `keep` matches. */
export interface Reconciliation {
  /** Which flows are the caller's business at all. */
  scope: Filter;
  /** Which of them are right. None: all of the scope has to go. */
  keep: Filter | readonly Filter[];
}
