import type { Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import {
  checkFlowRef,
  checkOptions,
  decodeKey,
  EVENT_TYPES,
  type Flow,
  type FlowChange,
  type FlowCursor,
  type FlowEventType,
  FlowObjectCursor,
  type FlowRef,
  type NewFlow,
  refOf,
} from '@conntrack/flow';
import type { Dropped } from '@conntrack/netlink';
import type { Chunks } from '@conntrack/parser';
import type { BulkOptions, BulkResult, FlushScope } from './change/bulk.js';
import { type ChangeEachOptions, changeEach, type ListedChange, type ListedOutcome } from './change/change-each.js';
import { changeMany } from './change/change-many.js';
import { type Drain, drainChange, hasDeadline } from './change/drain.js';
import { flushFilter } from './change/flush.js';
import { makePlan, type Plan, type PlanContext, type PlanOptions } from './change/plan.js';
import { type Reconciliation, staleFilter } from './change/reconcile.js';
import { type Diagnosis, diagnose } from './doctor/doctor.js';
import { TableError } from './errors.js';
import type { EventOptions, TableEvents } from './events/events.js';
import { ExpectationTable } from './expectations/expectations.js';
import {
  AVAILABLE,
  BULK,
  CHANGE_EACH,
  COUNT,
  DRAIN,
  EVENTS,
  FLUSH,
  invalidChange,
  LIST,
  OPERATION,
  PAGE,
  PLAN,
  RECONCILIATION,
  RESTORE,
  SNAPSHOT,
  TABLE,
  TOP,
  VIEW,
} from './options.js';
import { type Counts, countEach } from './read/counts.js';
import { flowOf, type ListOptions, listBatches, type Page, type PageOptions, page } from './read/list.js';
import { type MatchingRows, matchingRows, newCounts, type RowCounts } from './read/matching-rows.js';
import { statsOf, type TableStats } from './read/stats.js';
import { type Top, type TopOptions, top } from './read/top.js';
import { type RestoreOptions, type RestoreReport, restore } from './snapshot/restore.js';
import { type SnapshotOptions, snapshot } from './snapshot/snapshot.js';
import type { Capabilities } from './source/capabilities.js';
import { checkAvailable } from './source/requirements.js';
import { exactly } from './source/same-connection.js';
import type { RowCursor, SourceInfo, TableSource } from './source/source.js';
import { type ViewOptions, ViewSource } from './source/view/view-source.js';

/** Filters that hold for everything a table does. */
export interface TableOptions {
  /** Flows that no change touches: they are spared and counted in bulk changes, refused in single ones. */
  protect?: Filter;
  /** Milliseconds since 1970, for the expiry of plans (`Date.now` unless told). */
  now?: () => number;
}

/** Options of an operation that can be given up. */
export interface OperationOptions {
  signal?: AbortSignal;
}

/** A flow that was just made. */
export type MadeFlow = Flow & {
  /** What the source dropped of it, a sentence each; absent when it has everything. */
  warnings?: readonly string[];
};

type Predicate = (cursor: FlowCursor) => boolean;

const ALL: Filter = { kind: 'all' };

/**
 * A connection tracking table: the kernel's, one in memory, or a capture. Every rule about lists and changes is here, so that it
 * is the same for each source, in the CLI and over HTTP.
 */
export class ConntrackTable {
  readonly #source: TableSource;
  readonly #protected: Predicate | undefined;
  readonly #now: () => number;
  readonly #options: TableOptions;
  /** Connections that helpers (FTP, SIP …) have announced. */
  readonly expectations: ExpectationTable;

  constructor(source: TableSource, options: TableOptions = {}) {
    checkOptions('ConntrackTable', options, TABLE);
    this.#source = source;
    this.#options = options;
    this.expectations = new ExpectationTable(source);
    this.#protected = options.protect && compileFilter(options.protect);
    this.#now = options.now ?? Date.now;
  }

  /** Where the entries come from. */
  get source(): SourceInfo {
    return this.#source.info;
  }

  /**
   * The same table as a caller may see it: every operation is limited to the flows that `filter` holds for. A flow outside is not there (FLOW_NOT_FOUND);
   * making one, moving one out, flushing, and the statistics of the whole are OUTSIDE. Closing a view closes nothing.
   */
  view(options: ViewOptions): ConntrackTable {
    checkOptions('view', options, VIEW);
    return new ConntrackTable(new ViewSource(this.#source, options), this.#options);
  }

  /** What the source records and can do, and what holds it back. */
  async capabilities(options: OperationOptions = {}): Promise<Capabilities> {
    checkOptions('capabilities', options, OPERATION);
    return this.#source.capabilities(options.signal);
  }

  /**
   * Matching flows in batches, in the table's own order, with back-pressure: the table is never held.
   * With `sort` the `limit` first flows are kept in a heap and come as one batch.
   *
   * @throws TableError FIELD_UNAVAILABLE when the filter asks for what the source does not record.
   */
  async *batches(options: ListOptions = {}): AsyncGenerator<readonly Flow[]> {
    checkOptions('batches', options, LIST);
    await checkAvailable(this.#source, options);
    yield* listBatches(this.#source, options);
  }

  /**
   * The same as rows where they lie, for those who write them out: a flow becomes an object only when its cursor is asked for one. `counts` is kept
   * while the rows are gone through.
   */
  async *rows(options: ListOptions = {}, counts: RowCounts = newCounts()): AsyncGenerator<MatchingRows> {
    checkOptions('rows', options, LIST);
    await checkAvailable(this.#source, options);
    yield* matchingRows(this.#source, options, counts);
  }

  /** The same, flow by flow. */
  async *list(options: ListOptions = {}): AsyncGenerator<Flow> {
    checkOptions('list', options, LIST);
    for await (const batch of this.batches(options)) yield* batch;
  }

  /** One page of a sorted list, and the cursor of the next. Rows that agree in all sort terms come by id, so no row is skipped or repeated by ties. */
  async page(options: PageOptions): Promise<Page> {
    checkOptions('page', options, PAGE);
    return this.pageOf(options, flowOf);
  }

  /** The same of what is made of each row when it is found to be on the page: its text, say, which takes a third of its object's memory. */
  async pageOf<Item>(options: PageOptions, item: (cursor: RowCursor) => Item): Promise<Page<Item>> {
    checkOptions('pageOf', options, PAGE);
    await checkAvailable(this.#source, options);
    return page(this.#source, options, item);
  }

  /** How many flows match. Without a filter the source is asked, where it can tell. */
  async count(options: { filter?: Filter } & OperationOptions = {}): Promise<number> {
    checkOptions('count', options, COUNT);
    const filter = options.filter ?? ALL;
    if (filter.kind === 'all') {
      const { count } = await this.#source.capabilities(options.signal);
      if (count !== undefined) return count;
    }
    await checkAvailable(this.#source, { filter, ...(options.signal && { signal: options.signal }) });
    const matches = compileFilter(filter);
    let count = 0;
    for await (const rows of this.#source.scan({ filter, ...(options.signal && { signal: options.signal }) }))
      for (const cursor = rows.cursor(); cursor.next(); ) if (matches(cursor) && !rows.seen?.(cursor)) count++;
    return count;
  }

  /** How many flows match each of many filters, in one scan. */
  async counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options: OperationOptions = {},
  ): Promise<Counts<Name>> {
    checkOptions('counts', options, OPERATION);
    return countEach(this.#source, filters, options.signal);
  }

  /**
   * The groups with the most flows, bytes or packets, in one scan and bounded memory; it says when the answer is approximate.
   *
   * @throws TableError SORT_INVALID for a field or metric that there is not; FIELD_UNAVAILABLE, for bytes without accounting.
   */
  async top(options: TopOptions): Promise<Top> {
    checkOptions('top', options, TOP);
    return top(this.#source, options);
  }

  /** How full the table is, and the tracker's counters, for each CPU and together. */
  async stats(options: OperationOptions = {}): Promise<TableStats> {
    checkOptions('stats', options, OPERATION);
    return statsOf(this.#source, options.signal);
  }

  /**
   * What is set up well and what is not, each with what follows from it and what to do. What the kernel can do is tried out in a network namespace
   * made for it; the table is only read.
   *
   * @throws TableError UNSUPPORTED for other tables than the kernel's.
   */
  async doctor(options: OperationOptions = {}): Promise<Diagnosis> {
    checkOptions('doctor', options, OPERATION);
    const facts = await this.#source.facts?.(options.signal);
    if (facts === undefined) throw new TableError('UNSUPPORTED', `${this.source.name} is no kernel's table`);
    return { source: this.source, findings: diagnose(facts) };
  }

  /** Refuses a filter over fields that the source does not record, before anything else is done. @throws TableError FIELD_UNAVAILABLE */
  async checkAvailable(
    options: { filter?: Filter; events?: readonly FlowEventType[] } & OperationOptions,
  ): Promise<void> {
    checkOptions('checkAvailable', options, AVAILABLE);
    return checkAvailable(this.#source, options);
  }

  /**
   * What happens to flows from now on. The subscription stands when this resolves: a list made afterwards misses nothing. A filter holds for the
   * whole entry, whatever an event carries: entries are looked up where needed, and a flow that stops to match comes as `destroy` with
   * `reason: 'left'`. The kernel sends no updates and ends of entries that are older than its first listener, unless
   * `net.netfilter.nf_conntrack_events` is 1.
   *
   * @throws TableError UNSUPPORTED for a capture, and where `nf_conntrack_events` is 0; FIELD_UNAVAILABLE for fields that change without an event
   */
  async events(options: EventOptions = {}): Promise<TableEvents> {
    checkOptions('events', options, EVENTS);
    const { filter, signal, types = EVENT_TYPES } = options;
    const source = this.#source;
    await checkAvailable(source, { ...(filter && { filter }), events: types, ...(signal && { signal }) });
    if (source.events === undefined) throw new TableError('UNSUPPORTED', `${this.source.name} has no events`);
    return source.events(options);
  }

  /** The flows that have these tuples, in order; `undefined` where there is none. Ids are not compared. */
  async lookupMany(refs: readonly FlowRef[], options: OperationOptions = {}): Promise<(Flow | undefined)[]> {
    checkOptions('lookupMany', options, OPERATION);
    const source = this.#source;
    if (source.getMany !== undefined) return source.getMany(refs, options.signal);
    return Promise.all(refs.map(ref => source.get(ref, options.signal)));
  }

  /** Whether its events carry all of their entry. The kernel's do not. */
  get wholeEvents(): boolean {
    return this.#source.getMany === undefined;
  }

  /**
   * The flow of a key.
   *
   * @throws TableError FLOW_NOT_FOUND; FLOW_REPLACED when another connection has the tuple now.
   * @throws FlowKeyError for a text that is no key.
   */
  async get(key: string, options: OperationOptions = {}): Promise<Flow> {
    checkOptions('get', options, OPERATION);
    const ref = decodeKey(key);
    const flow = await this.#source.get(ref, options.signal);
    return exactly(ref, flow);
  }

  /** The flow that has this tuple, in either direction, whatever its id; `undefined` when there is none. */
  async lookup(ref: FlowRef, options: OperationOptions = {}): Promise<Flow | undefined> {
    checkOptions('lookup', options, OPERATION);
    checkFlowRef('lookup', ref, invalidChange);
    const { id: _, ...tuple } = ref;
    return this.#source.get(tuple, options.signal);
  }

  /**
   * Make an entry, and answer it as the source has it. Its `warnings` say what the source dropped of the flow, where that only shows afterwards:
   * labels, while no firewall rule uses labels.
   *
   * @throws TableError FLOW_EXISTS, with the flow that is there; INVALID_CHANGE, also for what the source is known to drop
   */
  async create(flow: NewFlow, options: OperationOptions = {}): Promise<MadeFlow> {
    checkOptions('create', options, OPERATION);
    this.#writable();
    const { signal } = options;
    let dropped: readonly Dropped[];
    try {
      dropped = await this.#source.create(flow, signal);
    } catch (error) {
      if (!(error instanceof TableError) || error.code !== 'FLOW_EXISTS') throw error;
      const existing = await this.#source.get(flow, signal);
      throw new TableError('FLOW_EXISTS', error.message, { cause: error, ...(existing && { flow: existing }) });
    }
    const { src, dst, zone } = flow.original;
    const bare = { src, dst, ...(zone !== undefined && { zone }) };
    const withoutPorts = dropped.some(({ field }) => field === 'ports' || field === 'keys');
    const made = await this.#source.get(withoutPorts ? { ...flow, original: bare } : flow, signal);
    if (made === undefined)
      throw new TableError('FLOW_NOT_FOUND', 'the entry was made, and has expired or been deleted since');
    return dropped.length === 0 ? made : { ...made, warnings: dropped.map(({ warning }) => warning) };
  }

  /**
   * Change one flow, and answer it as it is then.
   *
   * @param target see {@link delete}. The kernel cannot compare id and reply tuple in an update: they are compared with a look-up just before.
   */
  async update(target: string | FlowRef, change: FlowChange, options: OperationOptions = {}): Promise<Flow> {
    checkOptions('update', options, OPERATION);
    const ref = await this.#changeable(target, options);
    await this.#source.update(ref, change, options.signal);
    return exactly(ref, await this.#source.get(ref, options.signal));
  }

  /**
   * Delete one flow. A successor on the same tuple is not hit when it has another id or another address translation.
   *
   * @param target a key; or a flow with its id, which says more: a key does not have the translation, and so the flow is looked up first.
   * @throws TableError FLOW_NOT_FOUND, FLOW_REPLACED, PROTECTED; INVALID_CHANGE for a flow without an id.
   */
  async delete(target: string | FlowRef, options: OperationOptions = {}): Promise<void> {
    checkOptions('delete', options, OPERATION);
    const ref = await this.#changeable(target, options);
    try {
      await this.#source.delete(ref, options.signal);
    } catch (error) {
      // The kernel answers both alike: who has the tuple now tells an end from a successor.
      if (error instanceof TableError && error.code === 'FLOW_NOT_FOUND')
        exactly(ref, await this.#source.get(ref, options.signal));
      throw error;
    }
  }

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
  async plan(
    filter: Filter | readonly Filter[],
    change: FlowChange | 'delete',
    options: PlanOptions = {},
  ): Promise<Plan> {
    checkOptions('plan', options, PLAN);
    this.#writable();
    return makePlan(this.#planning(), filter, change, options);
  }

  /**
   * Delete all flows that match, at most `maxAffected`.
   *
   * @throws TableError FILTER_REQUIRED, TOO_MANY_AFFECTED, EXPECT_MISMATCH, and then nothing was changed; STOPPED, with `details.result`.
   */
  async deleteMany(filter: Filter | readonly Filter[], options: BulkOptions = {}): Promise<BulkResult> {
    checkOptions('deleteMany', options, BULK);
    this.#writable();
    return changeMany(this.#planning(), filter, 'delete', options);
  }

  /** Change all flows that match, under the same rules as {@link deleteMany}. */
  async updateMany(
    filter: Filter | readonly Filter[],
    change: FlowChange,
    options: BulkOptions = {},
  ): Promise<BulkResult> {
    checkOptions('updateMany', options, BULK);
    this.#writable();
    return changeMany(this.#planning(), filter, change, options);
  }

  /**
   * Make changes of single flows one after the other: deletes and updates by key, creations, upserts. The outcome of each is yielded in their order; one
   * that fails does not stop the others.
   *
   * @throws TableError when the source as a whole fails; what was yielded before has been done
   */
  async *changeEach(changes: Iterable<ListedChange>, options: ChangeEachOptions = {}): AsyncGenerator<ListedOutcome> {
    checkOptions('changeEach', options, CHANGE_EACH);
    this.#writable();
    const { spare, signal } = options;
    const { source, sparing } = this.#planning();
    const context = {
      source,
      sparing: [...sparing, ...(spare === undefined ? [] : [{ reason: 'spared by this call', test: spare }])],
      create: (flow: NewFlow) => this.create(flow, signal ? { signal } : {}),
    };
    yield* changeEach(context, changes, options);
  }

  /** The plan of {@link reconcile}. */
  async planReconcile(what: Reconciliation, options: PlanOptions = {}): Promise<Plan> {
    checkOptions('planReconcile', what, RECONCILIATION);
    return this.plan(staleFilter(what), 'delete', options);
  }

  /** Delete what is in the scope and matches none of `keep`, under the same rules as {@link deleteMany}: stale flows of a balancer, say, in one pass. */
  async reconcile(what: Reconciliation, options: BulkOptions = {}): Promise<BulkResult> {
    checkOptions('reconcile', what, RECONCILIATION);
    return this.deleteMany(staleFilter(what), options);
  }

  /** The plan of {@link drain}. */
  async planDrain(drain: Drain, options: PlanOptions = {}): Promise<Plan> {
    checkOptions('planDrain', drain, DRAIN);
    checkOptions('planDrain', options, PLAN);
    const { filter, within } = drain;
    this.#writable();
    return makePlan(this.#draining(), filter, drainChange(within), options);
  }

  /**
   * Give flows a deadline that no traffic extends: `within` seconds from now they are gone, and those that end before are gone before. Flows
   * that have a deadline already keep it, and count as skipped.
   *
   * @throws TableError INVALID_CHANGE for a `within` that is no whole number of seconds; otherwise like {@link deleteMany}.
   */
  async drain(drain: Drain, options: BulkOptions = {}): Promise<BulkResult> {
    checkOptions('drain', drain, DRAIN);
    checkOptions('drain', options, BULK);
    const { filter, within } = drain;
    this.#writable();
    return changeMany(this.#draining(), filter, drainChange(within), options);
  }

  /** The table as text, as it is now: NDJSON, or `-o save` lines for `conntrack -R`. */
  async *snapshot(options: SnapshotOptions = {}): AsyncGenerator<string> {
    checkOptions('snapshot', options, SNAPSHOT);
    yield* snapshot(this.#source, options);
  }

  /** Make entries from a snapshot, or from any capture, and report what was refused and why. Entries that are there already stay as they are. */
  async restore(chunks: Chunks, options: RestoreOptions = {}): Promise<RestoreReport> {
    checkOptions('restore', options, RESTORE);
    this.#writable();
    return restore(this.#source, chunks, options);
  }

  /**
   * Empty the table, or its part of a family, zone or mark ({@link flushFilter}). The kernel does it at once, and does not say how many there were.
   * Its flush knows no exceptions: where the table has a `protect` filter all others are deleted one by one, which the result counts. The same happens
   * where the kernel is not proven to honour the condition (an old one, or no CAP_SYS_ADMIN to try it in a namespace): it might empty the table.
   *
   * @throws TableError INVALID_CHANGE, UNSUPPORTED; STOPPED, with `details.result`, where flows were deleted one by one.
   */
  async flush(scope: FlushScope, options: Pick<BulkOptions, 'signal' | 'spare'> = {}): Promise<BulkResult | undefined> {
    checkOptions('flush', options, FLUSH);
    const { signal, spare } = options;
    this.#writable();
    const filter = flushFilter(scope);
    if (this.#protected === undefined && (await this.#source.flushes?.(scope)) !== false) {
      await this.#source.flush(scope, signal);
      return undefined;
    }
    const limits = { maxAffected: Number.MAX_SAFE_INTEGER, ...(signal && { signal }), ...(spare && { spare }) };
    return changeMany({ ...this.#planning(), whole: true }, filter, 'delete', limits);
  }

  /** Release the source. Safe to call twice. */
  close(): void {
    this.#source.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Refuses a change of a source that can only be read, before anything else is done. @throws TableError READ_ONLY */
  checkWritable(): void {
    this.#writable();
  }

  #planning(): PlanContext {
    const protect = this.#protected;
    return {
      source: this.#source,
      clock: this.#now,
      sparing: protect === undefined ? [] : [{ reason: 'protected', test: protect }],
    };
  }

  #draining(): PlanContext {
    const { sparing, ...context } = this.#planning();
    return { ...context, sparing: [...sparing, { reason: 'has a deadline already', test: hasDeadline }] };
  }

  /** What finds a flow that may be changed, by id and reply tuple. */
  async #changeable(target: string | FlowRef, options: OperationOptions): Promise<FlowRef> {
    this.#writable();
    const ref = typeof target === 'string' ? decodeKey(target) : target;
    if (ref.id === undefined)
      throw new TableError(
        'INVALID_CHANGE',
        'the flow has no id, and its tuple may be that of another connection; list it anew',
      );
    if (ref.reply !== undefined && this.#protected === undefined) return ref;
    const flow = exactly(ref, await this.#source.get(ref, options.signal));
    if (this.#protected?.(new FlowObjectCursor(flow)))
      throw new TableError('PROTECTED', 'this connection is under the protect filter: it is not changed here', {
        flow,
      });
    return refOf(flow);
  }

  #writable(): void {
    if (!this.#source.info.writable)
      throw new TableError(
        'READ_ONLY',
        `${this.#source.info.name} can only be read; load it as memory:FILE to try changes`,
      );
  }
}
