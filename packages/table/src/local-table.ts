import type { Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowEventType, FlowRef } from '@conntrack/flow';
import type {
  BulkResult,
  ListedChange,
  ListedOutcome,
  Page,
  RestoreReport,
  TableFlushScope,
  Top,
} from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';
import type { LocalChangeEachOptions } from './change/change-each.js';
import type { LocalBulkOptions, LocalPlanOptions, SkipOption } from './change/change-options.js';
import type { LocalPlan } from './change/plan.js';
import type { ExpectationTable } from './expectation-table.js';
import type { MatchingRows, RowCounts } from './read/matching-rows.js';
import type { LocalTopOptions } from './read/top.js';
import type { LocalRestoreOptions } from './snapshot/restore.js';
import type { LocalEventOptions, LocalTableEvents } from './source/events.js';
import type { RowCursor } from './source/rows.js';
import type { ViewOptions } from './source/view/view-source.js';
import type { SnapshotText, Table } from './table.js';
import type { Drain, FilteredOptions, ListOptions, PageOptions, Reconciliation } from './table-options.js';

/** What {@link LocalTable.checkAvailable} looks at. */
export interface AvailableOptions extends FilteredOptions {
  /** The types of a stream of events. */
  events?: readonly FlowEventType[];
}

/**
 * A table in this process: a {@link Table} with what only code beside it can use. Rows can be read where they lie, callers can be limited to a view, and
 * options may have callbacks. It is what an HTTP server serves.
 */
export interface LocalTable extends Table {
  /** Connections that helpers (FTP, SIP …) have announced. */
  readonly expectations: ExpectationTable;
  /** Whether its events carry all of their entry. The kernel's do not. */
  readonly wholeEvents: boolean;

  /**
   * The table as a caller may see it: every operation is limited to the flows that match `filter`. A flow outside does not exist (FLOW_NOT_FOUND);
   * making one, moving one out, flushing, and the statistics of the whole are OUTSIDE. Closing a view closes nothing.
   */
  view(options: ViewOptions): LocalTable;

  /**
   * Matching rows where they lie, for those who write them out: a flow becomes an object only when its cursor is asked for one. `counts` is kept
   * while the rows are read.
   */
  rows(options?: ListOptions, counts?: RowCounts): AsyncGenerator<MatchingRows>;

  /** A page of what is made of each row when it is found to be on the page: its text, say, which takes a third of its object's memory. */
  pageOf<Item>(options: PageOptions, item: (cursor: RowCursor) => Item): Promise<Page<Item>>;

  /**
   * What {@link Table.get} resolves to. Where the source knows the answer within the call, as the kernel does, it comes without a promise, which would
   * cost a server as much as the look-up; errors are then thrown by the call itself.
   */
  getAtOnce(key: string, options?: OperationOptions): Flow | Promise<Flow>;

  /** The flows that have these tuples, in order; `undefined` where there is none. Ids are not compared. */
  lookupMany(refs: readonly FlowRef[], options?: OperationOptions): Promise<(Flow | undefined)[]>;

  /** Refuses a filter over fields that the source does not record, before anything else is done. @throws TableError FIELD_UNAVAILABLE */
  checkAvailable(options: AvailableOptions): Promise<void>;

  top(options: LocalTopOptions): Promise<Top>;
  events(options?: LocalEventOptions): Promise<LocalTableEvents>;
  restore(text: SnapshotText, options?: LocalRestoreOptions): Promise<RestoreReport>;
  changeEach(changes: Iterable<ListedChange>, options?: LocalChangeEachOptions): AsyncIterable<ListedOutcome>;
  plan(
    filter: Filter | readonly Filter[],
    change: FlowChange | 'delete',
    options?: LocalPlanOptions,
  ): Promise<LocalPlan>;
  deleteMany(filter: Filter | readonly Filter[], options?: LocalBulkOptions): Promise<BulkResult>;
  updateMany(filter: Filter | readonly Filter[], change: FlowChange, options?: LocalBulkOptions): Promise<BulkResult>;
  reconcile(what: Reconciliation, options?: LocalBulkOptions): Promise<BulkResult>;
  drain(drain: Drain, options?: LocalBulkOptions): Promise<BulkResult>;
  flush(scope: TableFlushScope, options?: OperationOptions & SkipOption): Promise<BulkResult | undefined>;

  /** The plan of {@link Table.reconcile}. */
  planReconcile(what: Reconciliation, options?: LocalPlanOptions): Promise<LocalPlan>;
  /** The plan of {@link Table.drain}. */
  planDrain(drain: Drain, options?: LocalPlanOptions): Promise<LocalPlan>;
}
