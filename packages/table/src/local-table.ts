import type { Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowEventType, FlowRef } from '@conntrack/flow';
import type {
  BulkResult,
  FleetMeta,
  IndexMeta,
  IndexState,
  ListedChange,
  ListedOutcome,
  Overview,
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
import type {
  Drain,
  FilteredOptions,
  ListOptions,
  OverviewOptions,
  PageOptions,
  Reconciliation,
} from './table-options.js';

/** Options of {@link LocalTable.checkAvailable}. */
export interface AvailableOptions extends FilteredOptions {
  /** The event types, if the filter is for a stream of events. */
  events?: readonly FlowEventType[];
}

/**
 * A table in this process: a {@link Table} with features for code in the same process. Rows can be read without making objects, callers
 * can be limited to a view, and options may have callbacks. An HTTP server serves this interface.
 */
export interface LocalTable extends Table {
  /** Connections that helpers (FTP, SIP …) expect. */
  readonly expectations: ExpectationTable;
  /**
   * Returns the table for one request: of a fleet, whose nodes get the id of the request, and whose {@link fleetMeta} is about this request.
   * Tables of one host have no such method.
   */
  forRequest?(id: string): LocalTable;
  /** Returns which nodes of a fleet the calls so far asked, and which answered. Tables of one host have no such method. */
  fleetMeta?(): FleetMeta;
  /** Whether events carry their whole entry. The kernel's events do not. */
  readonly wholeEvents: boolean;
  /** Whether the end of every flow is reported. The kernel may not report it for flows that are older than its first listener. Default: `wholeEvents`. */
  readonly certainEnds?: boolean;

  /**
   * Returns the table limited to the flows that match `filter`, for a caller with limited rights. A flow outside does not exist for it
   * (FLOW_NOT_FOUND). Creating a flow outside, moving one out, flushing, and statistics of the whole table throw OUTSIDE. Closing a view
   * closes nothing.
   */
  view(options: ViewOptions): LocalTable;

  /**
   * Yields matching rows without making objects, for code that writes them out: a row becomes a flow only when its cursor is asked for it.
   * `counts` is updated while rows are read.
   */
  rows(options?: ListOptions, counts?: RowCounts): AsyncGenerator<MatchingRows>;

  /**
   * Returns a page of values that are made from rows: for example their text, which takes a third of the memory of the objects. `item` is
   * called when a row is found to be on the page.
   */
  pageOf<Item>(options: PageOptions, item: (cursor: RowCursor) => Item): Promise<Page<Item>>;

  /** {@link Table.overview} with values that are made from rows, as in {@link LocalTable.pageOf}. */
  overviewOf<Item>(options: OverviewOptions, item: (cursor: RowCursor) => Item): Promise<Overview<Item>>;

  /**
   * Returns a value that is made from the row of {@link Table.get}: for example its text, which can be written without making the object.
   * Sources that answer synchronously, as the kernel does, return no promise, which would cost a server as much as the look-up. The call
   * itself then throws errors.
   */
  getOf<Item>(key: string, item: (cursor: RowCursor) => Item, options?: OperationOptions): Item | Promise<Item>;

  /** Returns the state of the table's index, if it has one. A view does not show how many entries there are. */
  indexState(): IndexState | IndexMeta | undefined;

  /** Returns the flows that have these tuples, in order; `undefined` where there is none. Ids are not compared. */
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
  planReconcile(what: Reconciliation, options?: LocalPlanOptions): Promise<LocalPlan>;
  planDrain(drain: Drain, options?: LocalPlanOptions): Promise<LocalPlan>;
}
