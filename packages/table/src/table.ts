import type { Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowRef, NewFlow } from '@conntrack/flow';
import type {
  BulkResult,
  Counts,
  Diagnosis,
  FlushResult,
  ListedChange,
  ListedOutcome,
  MadeFlow,
  Overview,
  Page,
  PlanResult,
  PlanSummary,
  RestoreReport,
  SourceInfo,
  TableCapabilities,
  TableEvent,
  TableFlushScope,
  TableStats,
  Top,
} from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';
import type {
  BulkOptions,
  ChangeEachOptions,
  DoctorOptions,
  Drain,
  ExecuteOptions,
  ListOptions,
  OverviewOptions,
  PageOptions,
  PlanOptions,
  ReadOptions,
  Reconciliation,
  RestoreOptions,
  SnapshotOptions,
  TableEventOptions,
  TopOptions,
} from './table-options.js';

/** A change of many flows that was planned and not yet made. It affects exactly the flows that it found. */
export interface Plan extends PlanSummary {
  /**
   * Makes the change, once, in batches. A flow that has ended or was replaced in the meantime counts as gone. If a strict plan finds signs
   * of a successor, the flow counts as skipped.
   *
   * If the signal is aborted, a local table stops after the current batch. A server continues; the error then has `details.continues`.
   *
   * @throws TableError PLAN_EXPIRED, PLAN_USED, the `refusal`; with `details.result` STOPPED, or the error of the source
   */
  execute(options?: ExecuteOptions): Promise<PlanResult>;
}

/** A subscription to events, active since it was made. It can be iterated once; leaving the loop ends it. */
export interface TableEvents extends AsyncIterable<TableEvent>, AsyncDisposable {
  /** Ends the subscription and a running loop. Can be called twice. */
  close(): void;
}

/** The text of a snapshot: text or bytes, in pieces of any size. */
export type SnapshotText = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * A connection tracking table: of this kernel, in memory, of a capture, or on a server. Its options and results are plain data, so that
 * each operation means the same everywhere. `ConntrackTable` implements it in this process, `RemoteTable` of `@conntrack/client` over HTTP.
 *
 * Operations throw a `TableError`; each operation lists its codes. Unknown options are refused.
 */
export interface Table extends AsyncDisposable {
  /** Where the entries come from. */
  readonly source: SourceInfo;

  /** Returns what the source records and supports, and which settings limit it. */
  capabilities(options?: OperationOptions): Promise<TableCapabilities>;

  /** Yields matching flows one by one, as they are found; with `sort`, the first `limit` flows in order. @throws TableError FIELD_UNAVAILABLE */
  list(options?: ListOptions): AsyncIterable<Flow>;

  /**
   * Yields matching flows in batches, in the table's own order, with back-pressure: the table is never held in memory. With `sort`, the
   * first `limit` flows are kept in a heap and yielded as one batch.
   *
   * @throws TableError FIELD_UNAVAILABLE if the filter needs a field that the source does not record
   */
  batches(options?: ListOptions): AsyncIterable<readonly Flow[]>;

  /**
   * Returns one page of a sorted list, and the cursor of the next page. Rows that are equal in all sort terms are ordered by id, so that no
   * row is skipped or repeated.
   */
  page(options: PageOptions): Promise<Page>;

  /**
   * Returns the flow with a key.
   *
   * @throws TableError FLOW_NOT_FOUND; FLOW_REPLACED if another connection has the tuple now
   *
   * @throws FlowKeyError for text that is not a key
   */
  get(key: string, options?: OperationOptions): Promise<Flow>;

  /** Returns the flow that has this tuple, in either direction and with any id; `undefined` if there is none. */
  lookup(ref: FlowRef, options?: OperationOptions): Promise<Flow | undefined>;

  /** Returns the number of flows that match. Without a filter, asks the source if it knows the number. */
  count(options?: ReadOptions): Promise<number>;

  /** Returns the number of flows that match each of several filters. */
  counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options?: Omit<ReadOptions, 'filter'>,
  ): Promise<Counts<Name>>;

  /**
   * Returns the groups with the most flows, bytes, packets or distinct values, in one scan with limited memory. The result says if it is
   * approximate.
   *
   * @example
   * ```ts
   * // Who looks like a port scanner: sources by the number of ports that they tried without an answer.
   * const { items } = await table.top({ by: 'src', distinct: 'dport', filter: parseQuery('unreplied').filter });
   * for (const { group, distinct, filter } of items) console.log(group, distinct, filter);
   * ```
   * @throws TableError SORT_INVALID for a field or metric that does not exist; FIELD_UNAVAILABLE, for bytes without accounting
   */
  top(options: TopOptions): Promise<Top>;

  /**
   * Returns the first flows, rankings of groups and counts, all of the flows that match one filter, in one scan with limited memory: what a
   * screen shows of a table.
   *
   * @throws TableError SORT_INVALID, FIELD_UNAVAILABLE
   */
  overview(options: OverviewOptions): Promise<Overview>;

  /** Returns how full the table is, and the tracker's counters, for each CPU and their sum. */
  stats(options?: OperationOptions): Promise<TableStats>;

  /**
   * Checks the setup, the table and the kernel's counters. Returns for each check what was found, what follows from it and what to do. What
   * the kernel supports is tried in a network namespace made for it. The table is read once, and nothing is changed.
   *
   * @throws TableError UNSUPPORTED for tables other than the kernel's
   */
  doctor(options?: DoctorOptions): Promise<Diagnosis>;

  /**
   * Subscribes to events of flows from now on. The subscription is active when this resolves: a list made afterwards misses nothing.
   *
   * A filter is applied to the whole entry, whatever an event carries: entries are looked up if needed, and a flow that stops matching is
   * reported as `destroy` with `reason: 'unmatched'`.
   *
   * For entries older than its first listener, the kernel sends no updates and no ends, except if the sysctl
   * `net.netfilter.nf_conntrack_events` is 1.
   *
   * @throws TableError UNSUPPORTED for a capture, and if `nf_conntrack_events` is 0; FIELD_UNAVAILABLE for fields that change without an
   * event
   */
  events(options?: TableEventOptions): Promise<TableEvents>;

  /** Yields the table as text, as it is now: NDJSON, or `-o save` lines for `conntrack -R`. */
  snapshot(options?: SnapshotOptions): AsyncIterable<string>;

  /** Creates entries from a snapshot, or from any capture, and reports what was refused and why. Existing entries are not changed. */
  restore(text: SnapshotText, options?: RestoreOptions): Promise<RestoreReport>;

  /**
   * Creates an entry, and returns it as the source stored it. Its `warnings` say what the source dropped of the flow, if that shows only
   * afterwards: labels, while no firewall rule uses labels.
   *
   * @throws TableError FLOW_EXISTS, with the existing flow; INVALID_CHANGE, also for values that the source is known to drop
   */
  create(flow: NewFlow, options?: OperationOptions): Promise<MadeFlow>;

  /**
   * Changes one flow, and returns its new state.
   *
   * @param target see {@link delete}. The kernel does not compare id and reply tuple in an update, so a look-up just before compares them.
   */
  update(target: string | FlowRef, change: FlowChange, options?: OperationOptions): Promise<Flow>;

  /**
   * Deletes one flow. A successor on the same tuple is not deleted if it has another id or another address translation.
   *
   * @param target a key, or a flow with its id. A flow is more exact: a key does not contain the address translation, so its flow is looked
   * up first.
   *
   * @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED, PROTECTED; INVALID_CHANGE for a flow without an id
   */
  delete(target: string | FlowRef, options?: OperationOptions): Promise<void>;

  /**
   * Makes changes of single flows one after the other: deletes and updates by key, creations, upserts. Yields the outcomes in order. If one
   * change fails, the others are still made.
   *
   * @throws TableError if the whole source fails; the changes whose outcomes were yielded have been made
   */
  changeEach(changes: Iterable<ListedChange>, options?: ChangeEachOptions): AsyncIterable<ListedOutcome>;

  /**
   * Finds the flows that a change would affect, for one filter or several in one scan, and changes nothing. The plan affects exactly the
   * flows that it found, can be executed once, and expires.
   *
   * @example
   * ```ts
   * const plan = await table.plan(filter, 'delete', { maxAffected: 5000 });
   * console.log(plan.count, plan.breakdown);
   * const { changed, gone } = await plan.execute();
   * ```
   * @throws TableError FILTER_REQUIRED, FIELD_UNAVAILABLE, READ_ONLY
   */
  plan(filter: Filter | readonly Filter[], change: FlowChange | 'delete', options?: PlanOptions): Promise<Plan>;

  /**
   * Deletes all flows that match, at most `maxAffected`.
   *
   * @throws TableError FILTER_REQUIRED, TOO_MANY_AFFECTED, EXPECT_MISMATCH (nothing was changed); STOPPED, with `details.result`
   */
  deleteMany(filter: Filter | readonly Filter[], options?: BulkOptions): Promise<BulkResult>;

  /** Changes all flows that match, with the limits of {@link deleteMany}. */
  updateMany(filter: Filter | readonly Filter[], change: FlowChange, options?: BulkOptions): Promise<BulkResult>;

  /**
   * Deletes the flows in the scope that no filter of `keep` matches, with the limits of {@link deleteMany}. For example, removes the stale
   * flows of a load balancer in one pass.
   */
  reconcile(what: Reconciliation, options?: BulkOptions): Promise<BulkResult>;

  /** Returns the plan of {@link reconcile}: finds the flows that it would delete, and changes nothing. */
  planReconcile(what: Reconciliation, options?: PlanOptions): Promise<Plan>;

  /**
   * Gives flows a deadline that traffic cannot extend: `within` seconds from now, all of them have ended. Flows that already have a
   * deadline keep it, and count as skipped.
   *
   * @throws TableError INVALID_CHANGE if `within` is not a whole number of seconds; otherwise like {@link deleteMany}
   */
  drain(drain: Drain, options?: BulkOptions): Promise<BulkResult>;

  /** Returns the plan of {@link drain}: finds the flows that would get a deadline, and changes nothing. */
  planDrain(drain: Drain, options?: PlanOptions): Promise<Plan>;

  /**
   * Deletes all entries, or those of a family, zone or mark. The kernel does it in one request and does not say how many there were; the
   * result is then `undefined`.
   *
   * The kernel's flush has no exceptions. If the table has a `protect` filter, the other flows are deleted one by one, and the result
   * counts them. The same happens if the kernel is not proven to apply the condition (an old kernel, or no CAP_SYS_ADMIN to try it in a
   * namespace), because it might empty the table.
   *
   * @throws TableError INVALID_CHANGE, UNSUPPORTED; STOPPED, with `details.result`, if flows were deleted one by one
   */
  flush(scope: TableFlushScope, options?: OperationOptions): Promise<FlushResult | undefined>;

  /** Closes the source. Can be called twice. */
  close(): void;
}
