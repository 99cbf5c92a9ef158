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
  Drain,
  FilteredOptions,
  ListOptions,
  PageOptions,
  PlanOptions,
  Reconciliation,
  RestoreOptions,
  SnapshotOptions,
  TableEventOptions,
  TopOptions,
} from './table-options.js';

/** A change of many flows that was looked at and not yet made: it touches the flows that it found, and no other. */
export interface Plan extends PlanSummary {
  /**
   * Makes the change, once, in batches. A flow that ended or was replaced since counts as gone; one that a strict plan takes for a successor as skipped.
   *
   * @throws TableError PLAN_EXPIRED, PLAN_USED, the `refusal`; with `details.result` STOPPED or what the source failed with.
   */
  execute(options?: OperationOptions): Promise<PlanResult>;
}

/** A subscription: it stands from the moment it was made. Iterated once; leaving the loop ends it. */
export interface TableEvents extends AsyncIterable<TableEvent>, AsyncDisposable {
  /** Ends it, and a loop under way. Safe to call twice. */
  close(): void;
}

/** What a snapshot is read from: text or bytes, in pieces of any size. */
export type SnapshotText = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * A connection tracking table, wherever it is: in this kernel, in memory, in a capture, or on a server. Its options and results are plain data, so that
 * each operation means the same on all of them. `ConntrackTable` implements it in this process, `RemoteTable` of `@conntrack/client` over HTTP.
 *
 * Operations throw a `TableError`; each says which codes are its own. Every option that a table does not have is refused.
 */
export interface Table extends AsyncDisposable {
  /** Where the entries come from. */
  readonly source: SourceInfo;

  /** What the source records and can do, and what holds it back. */
  capabilities(options?: OperationOptions): Promise<TableCapabilities>;

  /** Matching flows, one by one, as they are found; with `sort` the `limit` first. @throws TableError FIELD_UNAVAILABLE */
  list(options?: ListOptions): AsyncIterable<Flow>;

  /**
   * Matching flows in batches, in the table's own order, with back-pressure: the table is never held.
   * With `sort` the `limit` first flows are kept in a heap and come as one batch.
   *
   * @throws TableError FIELD_UNAVAILABLE when the filter asks for what the source does not record.
   */
  batches(options?: ListOptions): AsyncIterable<readonly Flow[]>;

  /** One page of a sorted list, and the cursor of the next. Rows that agree in all sort terms come by id, so no row is skipped or repeated by ties. */
  page(options: PageOptions): Promise<Page>;

  /**
   * The flow of a key.
   *
   * @throws TableError FLOW_NOT_FOUND; FLOW_REPLACED when another connection has the tuple now.
   * @throws FlowKeyError for a text that is not a key.
   */
  get(key: string, options?: OperationOptions): Promise<Flow>;

  /** The flow that has this tuple, in either direction, whatever its id; `undefined` when there is none. */
  lookup(ref: FlowRef, options?: OperationOptions): Promise<Flow | undefined>;

  /** How many flows match. Without a filter the source is asked, where it can tell. */
  count(options?: FilteredOptions): Promise<number>;

  /** How many flows match each of many filters. */
  counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options?: OperationOptions,
  ): Promise<Counts<Name>>;

  /**
   * The groups with the most flows, bytes or packets, in one scan and bounded memory; it says when the answer is approximate.
   *
   * @throws TableError SORT_INVALID for a field or metric that does not exist; FIELD_UNAVAILABLE, for bytes without accounting.
   */
  top(options: TopOptions): Promise<Top>;

  /** How full the table is, and the tracker's counters, for each CPU and together. */
  stats(options?: OperationOptions): Promise<TableStats>;

  /**
   * What is set up well and what is not, each with what follows from it and what to do. What the kernel can do is tried out in a network namespace
   * made for it; the table is only read.
   *
   * @throws TableError UNSUPPORTED for other tables than the kernel's.
   */
  doctor(options?: OperationOptions): Promise<Diagnosis>;

  /**
   * What happens to flows from now on. The subscription stands when this resolves: a list made afterwards misses nothing. A filter holds for the
   * whole entry, whatever an event carries: entries are looked up where needed, and a flow that stops to match comes as `destroy` with
   * `reason: 'left'`. The kernel sends no updates and ends of entries that are older than its first listener, unless
   * `net.netfilter.nf_conntrack_events` is 1.
   *
   * @throws TableError UNSUPPORTED for a capture, and where `nf_conntrack_events` is 0; FIELD_UNAVAILABLE for fields that change without an event
   */
  events(options?: TableEventOptions): Promise<TableEvents>;

  /** The table as text, as it is now: NDJSON, or `-o save` lines for `conntrack -R`. */
  snapshot(options?: SnapshotOptions): AsyncIterable<string>;

  /** Make entries from a snapshot, or from any capture, and report what was refused and why. Entries that are there already stay as they are. */
  restore(text: SnapshotText, options?: RestoreOptions): Promise<RestoreReport>;

  /**
   * Make an entry, and return it as the source has it. Its `warnings` say what the source dropped of the flow, where that only shows afterwards:
   * labels, while no firewall rule uses labels.
   *
   * @throws TableError FLOW_EXISTS, with the flow that is there; INVALID_CHANGE, also for what the source is known to drop
   */
  create(flow: NewFlow, options?: OperationOptions): Promise<MadeFlow>;

  /**
   * Change one flow, and return it as it is then.
   *
   * @param target see {@link delete}. The kernel cannot compare id and reply tuple in an update: they are compared with a look-up just before.
   */
  update(target: string | FlowRef, change: FlowChange, options?: OperationOptions): Promise<Flow>;

  /**
   * Delete one flow. A successor on the same tuple is not hit when it has another id or another address translation.
   *
   * @param target a key; or a flow with its id, which says more: a key does not have the translation, and so the flow is looked up first.
   * @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED, PROTECTED; INVALID_CHANGE for a flow without an id.
   */
  delete(target: string | FlowRef, options?: OperationOptions): Promise<void>;

  /**
   * Make changes of single flows one after the other: deletes and updates by key, creations, upserts. The outcome of each is yielded in their order; one
   * that fails does not stop the others.
   *
   * @throws TableError when the source as a whole fails; what was yielded before has been done
   */
  changeEach(changes: Iterable<ListedChange>, options?: ChangeEachOptions): AsyncIterable<ListedOutcome>;

  /**
   * Looks which flows a change would hit, for one filter or many in one scan, and changes nothing. The plan touches those flows
   * that it saw, once, until it expires.
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
   * Delete all flows that match, at most `maxAffected`.
   *
   * @throws TableError FILTER_REQUIRED, TOO_MANY_AFFECTED, EXPECT_MISMATCH, and then nothing was changed; STOPPED, with `details.result`.
   */
  deleteMany(filter: Filter | readonly Filter[], options?: BulkOptions): Promise<BulkResult>;

  /** Change all flows that match, under the rules of {@link deleteMany}. */
  updateMany(filter: Filter | readonly Filter[], change: FlowChange, options?: BulkOptions): Promise<BulkResult>;

  /** Delete what is in the scope and matches none of `keep`, under the rules of {@link deleteMany}: stale flows of a balancer, say, in one pass. */
  reconcile(what: Reconciliation, options?: BulkOptions): Promise<BulkResult>;

  /**
   * Give flows a deadline that no traffic extends: `within` seconds from now they are gone, and those that end before are gone before. Flows
   * that have a deadline already keep it, and count as skipped.
   *
   * @throws TableError INVALID_CHANGE for a `within` that is not a whole number of seconds; otherwise like {@link deleteMany}.
   */
  drain(drain: Drain, options?: BulkOptions): Promise<BulkResult>;

  /**
   * Empty the table, or its part of a family, zone or mark. The kernel does it at once, and does not say how many there were (`undefined`).
   * Its flush knows no exceptions: where the table has a `protect` filter all others are deleted one by one, which the result counts. The same happens
   * where the kernel is not proven to honour the condition (an old one, or no CAP_SYS_ADMIN to try it in a namespace): it might empty the table.
   *
   * @throws TableError INVALID_CHANGE, UNSUPPORTED; STOPPED, with `details.result`, where flows were deleted one by one.
   */
  flush(scope: TableFlushScope, options?: OperationOptions): Promise<FlushResult | undefined>;

  /** Release the source. Safe to call twice. */
  close(): void;
}
