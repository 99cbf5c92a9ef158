import type { Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { decodeKey, EVENT_TYPES, type Flow, type FlowChange, type FlowRef, type NewFlow } from '@conntrack/flow';
import { callback, checkFlowRef, checkOptions, type OptionRules } from '@conntrack/flow/checks';
import {
  type BulkResult,
  type Counts,
  checkWritable,
  type Diagnosis,
  type IndexMeta,
  type IndexState,
  type ListedChange,
  type ListedOutcome,
  type MadeFlow,
  type Overview,
  type Page,
  type RestoreReport,
  type SourceInfo,
  type TableCapabilities,
  TableError,
  type TableFlushScope,
  type TableStats,
  type Top,
} from '@conntrack/flow/table';
import type { OperationOptions } from '@conntrack/netlink';
import type { ChangeContext } from './change/change-context.js';
import type { LocalChangeEachOptions } from './change/change-each.js';
import { deleteFlow, updateFlow } from './change/change-one.js';
import type { LocalBulkOptions, LocalPlanOptions, SkipOption } from './change/change-options.js';
import { createFlow } from './change/create.js';
import type { LocalPlan } from './change/plan.js';
import { ExpectationTable } from './expectation-table.js';
import type { AvailableOptions, LocalTable } from './local-table.js';
import { eventTypes, FILTERED_RULES, invalidChange, OPERATION_RULES, oneFilter, READ_RULES } from './option-rules.js';
import { countEach, countMatching } from './read/counts.js';
import { flowOf, LIST_RULES, listBatches, listRows, PAGE_RULES, page } from './read/list.js';
import type { MatchingRows, RowCounts } from './read/matching-rows.js';
import { newCounts } from './read/matching-rows.js';
import { statsOf } from './read/stats.js';
import type { LocalTopOptions } from './read/top.js';
import type { LocalRestoreOptions } from './snapshot/restore.js';
import { EVENT_RULES, type LocalEventOptions, type LocalTableEvents } from './source/events.js';
import { rowOfFlow } from './source/object-rows.js';
import { refuseNode, requireRow } from './source/require-connection.js';
import { checkAvailable, checkEntryFilter } from './source/requirements.js';
import type { RowCursor } from './source/rows.js';
import type { TableSource } from './source/source.js';
import { VIEW_RULES, type ViewOptions, ViewSource } from './source/view/view-source.js';
import type { SnapshotText } from './table.js';
import type {
  DoctorOptions,
  Drain,
  ListOptions,
  OverviewOptions,
  PageOptions,
  ReadOptions,
  Reconciliation,
  SnapshotOptions,
} from './table-options.js';

/** Options that apply to everything a table does. */
export interface TableOptions {
  /** Flows that must never be changed. Changes of many flows skip and count them; changes of one flow refuse them. */
  protect?: Filter;
  /** Returns the time in milliseconds since 1970, for the expiry of plans. Default: `Date.now`. */
  now?: () => number;
}
export const TABLE_RULES: OptionRules<TableOptions> = { protect: oneFilter, now: callback };

const NO_OPTIONS: OperationOptions = {};
const { filter: _, ...COUNTS_RULES } = READ_RULES;
const AVAILABLE_RULES: OptionRules<AvailableOptions> = { ...FILTERED_RULES, events: eventTypes };

/** Loaded by those who need it, like other operations that a list or a count does not need: a short command spends most of its time on loading. */
const changesOfMany = (): Promise<typeof import('./change/many.js')> => import('./change/many.js');

/**
 * The table of a source: the kernel, memory, or a capture. It checks the options of each operation, and passes them to the module with the
 * rules of the operation. The rules are the same for every source.
 */
export class ConntrackTable implements LocalTable {
  readonly #source: TableSource;
  readonly #context: ChangeContext;
  readonly #options: TableOptions;
  readonly expectations: ExpectationTable;

  constructor(source: TableSource, options: TableOptions = {}) {
    checkOptions('ConntrackTable', options, TABLE_RULES);
    const { protect, now = Date.now } = options;
    checkEntryFilter('protect', protect);
    this.#source = source;
    this.#options = options;
    this.#context = {
      source,
      clock: now,
      exclusions: protect === undefined ? [] : [{ reason: 'protected', test: compileFilter(protect) }],
    };
    this.expectations = new ExpectationTable(source);
  }

  get source(): SourceInfo {
    return this.#source.info;
  }

  get wholeEvents(): boolean {
    return this.#source.getMany === undefined;
  }

  view(options: ViewOptions): ConntrackTable {
    checkOptions('view', options, VIEW_RULES);
    return new ConntrackTable(new ViewSource(this.#source, options), this.#options);
  }

  indexState(): IndexState | IndexMeta | undefined {
    return this.#source.indexState?.();
  }

  async capabilities(options: OperationOptions = {}): Promise<TableCapabilities> {
    checkOptions('capabilities', options, OPERATION_RULES);
    return this.#source.capabilities(options.signal);
  }

  async *list(options: ListOptions = {}): AsyncGenerator<Flow> {
    checkOptions('list', options, LIST_RULES);
    for await (const batch of this.batches(options)) yield* batch;
  }

  async *batches(options: ListOptions = {}): AsyncGenerator<readonly Flow[]> {
    checkOptions('batches', options, LIST_RULES);
    await checkAvailable(this.#source, options);
    yield* listBatches(this.#source, options);
  }

  async *rows(options: ListOptions = {}, counts: RowCounts = newCounts()): AsyncGenerator<MatchingRows> {
    checkOptions('rows', options, LIST_RULES);
    await checkAvailable(this.#source, options);
    yield* listRows(this.#source, options, counts);
  }

  async page(options: PageOptions): Promise<Page> {
    checkOptions('page', options, PAGE_RULES);
    return this.pageOf(options, flowOf);
  }

  async pageOf<Item>(options: PageOptions, item: (cursor: RowCursor) => Item): Promise<Page<Item>> {
    checkOptions('pageOf', options, PAGE_RULES);
    await checkAvailable(this.#source, options);
    return page(this.#source, options, item);
  }

  async get(key: string, options: OperationOptions = {}): Promise<Flow> {
    return this.getOf(key, flowOf, options);
  }

  getOf<Item>(
    key: string,
    item: (cursor: RowCursor) => Item,
    options: OperationOptions = NO_OPTIONS,
  ): Item | Promise<Item> {
    if (options !== NO_OPTIONS) checkOptions('get', options, OPERATION_RULES);
    const ref = decodeKey(key);
    const source = this.#source;
    if (source.row !== undefined) return item(requireRow(ref, source.row(ref, options.signal)));
    const made = (flow: Flow | undefined): Item => item(requireRow(ref, flow && rowOfFlow(flow)));
    const flow = source.get(ref, options.signal);
    return flow instanceof Promise ? flow.then(made) : made(flow);
  }

  async lookup(ref: FlowRef, options: OperationOptions = {}): Promise<Flow | undefined> {
    checkOptions('lookup', options, OPERATION_RULES);
    checkFlowRef('lookup', ref, invalidChange);
    refuseNode(this.#source, ref);
    const { id: _, ...tuple } = ref;
    return this.#source.get(tuple, options.signal);
  }

  async lookupMany(refs: readonly FlowRef[], options: OperationOptions = {}): Promise<(Flow | undefined)[]> {
    checkOptions('lookupMany', options, OPERATION_RULES);
    const source = this.#source;
    if (source.getMany !== undefined) return source.getMany(refs, options.signal);
    return Promise.all(refs.map(ref => source.get(ref, options.signal)));
  }

  async count(options: ReadOptions = {}): Promise<number> {
    checkOptions('count', options, READ_RULES);
    return countMatching(this.#source, options);
  }

  async counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options: Omit<ReadOptions, 'filter'> = {},
  ): Promise<Counts<Name>> {
    checkOptions('counts', options, COUNTS_RULES);
    return countEach(this.#source, filters, options);
  }

  async top(options: LocalTopOptions): Promise<Top> {
    const { TOP_RULES, top } = await import('./read/top.js');
    checkOptions('top', options, TOP_RULES);
    return top(this.#source, options);
  }

  async overview(options: OverviewOptions): Promise<Overview> {
    return this.overviewOf(options, flowOf);
  }

  async overviewOf<Item>(options: OverviewOptions, item: (cursor: RowCursor) => Item): Promise<Overview<Item>> {
    const { OVERVIEW_RULES, overview } = await import('./read/overview.js');
    checkOptions('overview', options, OVERVIEW_RULES);
    return overview(this.#source, options, item);
  }

  async stats(options: OperationOptions = {}): Promise<TableStats> {
    checkOptions('stats', options, OPERATION_RULES);
    return statsOf(this.#source, options.signal);
  }

  async doctor(options: DoctorOptions = {}): Promise<Diagnosis> {
    const [{ diagnose }, { DOCTOR_RULES, examine }] = await Promise.all([
      import('./doctor/doctor.js'),
      import('./doctor/examine.js'),
    ]);
    checkOptions('doctor', options, DOCTOR_RULES);
    return { source: this.source, findings: diagnose(await examine(this.#source, options)) };
  }

  async checkAvailable(options: AvailableOptions): Promise<void> {
    checkOptions('checkAvailable', options, AVAILABLE_RULES);
    return checkAvailable(this.#source, options);
  }

  async events(options: LocalEventOptions = {}): Promise<LocalTableEvents> {
    checkOptions('events', options, EVENT_RULES);
    const { filter, signal, types = EVENT_TYPES } = options;
    const source = this.#source;
    await checkAvailable(source, { ...(filter && { filter }), events: types, ...(signal && { signal }) });
    if (source.events === undefined) throw new TableError('UNSUPPORTED', `${this.source.name} has no events`);
    return source.events(options);
  }

  async *snapshot(options: SnapshotOptions = {}): AsyncGenerator<string> {
    const { SNAPSHOT_RULES, snapshot } = await import('./snapshot/snapshot.js');
    checkOptions('snapshot', options, SNAPSHOT_RULES);
    yield* snapshot(this.#source, options);
  }

  async restore(text: SnapshotText, options: LocalRestoreOptions = {}): Promise<RestoreReport> {
    const { RESTORE_RULES, restore } = await import('./snapshot/restore.js');
    checkOptions('restore', options, RESTORE_RULES);
    checkWritable(this.source);
    return restore(this.#source, text, options);
  }

  async create(flow: NewFlow, options: OperationOptions = {}): Promise<MadeFlow> {
    checkOptions('create', options, OPERATION_RULES);
    checkWritable(this.source);
    return createFlow(this.#source, flow, options.signal);
  }

  async update(target: string | FlowRef, change: FlowChange, options: OperationOptions = {}): Promise<Flow> {
    checkOptions('update', options, OPERATION_RULES);
    checkWritable(this.source);
    return updateFlow(this.#context, target, change, options.signal);
  }

  async delete(target: string | FlowRef, options: OperationOptions = {}): Promise<void> {
    checkOptions('delete', options, OPERATION_RULES);
    checkWritable(this.source);
    return deleteFlow(this.#context, target, options.signal);
  }

  async *changeEach(
    changes: Iterable<ListedChange>,
    options: LocalChangeEachOptions = {},
  ): AsyncGenerator<ListedOutcome> {
    const { CHANGE_EACH_RULES, changeEach } = await changesOfMany();
    checkOptions('changeEach', options, CHANGE_EACH_RULES);
    checkWritable(this.source);
    yield* changeEach(this.#context, changes, options);
  }

  async plan(
    filter: Filter | readonly Filter[],
    change: FlowChange | 'delete',
    options: LocalPlanOptions = {},
  ): Promise<LocalPlan> {
    const { makePlan, PLAN_RULES } = await changesOfMany();
    checkOptions('plan', options, PLAN_RULES);
    checkWritable(this.source);
    return makePlan(this.#context, filter, change, options);
  }

  async deleteMany(filter: Filter | readonly Filter[], options: LocalBulkOptions = {}): Promise<BulkResult> {
    const { BULK_RULES, changeMany } = await changesOfMany();
    checkOptions('deleteMany', options, BULK_RULES);
    checkWritable(this.source);
    return changeMany(this.#context, filter, 'delete', options);
  }

  async updateMany(
    filter: Filter | readonly Filter[],
    change: FlowChange,
    options: LocalBulkOptions = {},
  ): Promise<BulkResult> {
    const { BULK_RULES, changeMany } = await changesOfMany();
    checkOptions('updateMany', options, BULK_RULES);
    checkWritable(this.source);
    return changeMany(this.#context, filter, change, options);
  }

  async planReconcile(what: Reconciliation, options: LocalPlanOptions = {}): Promise<LocalPlan> {
    const { RECONCILIATION_RULES, reconcileFilter } = await changesOfMany();
    checkOptions('planReconcile', what, RECONCILIATION_RULES);
    return this.plan(reconcileFilter(what), 'delete', options);
  }

  async reconcile(what: Reconciliation, options: LocalBulkOptions = {}): Promise<BulkResult> {
    const { RECONCILIATION_RULES, reconcileFilter } = await changesOfMany();
    checkOptions('reconcile', what, RECONCILIATION_RULES);
    return this.deleteMany(reconcileFilter(what), options);
  }

  async planDrain(drain: Drain, options: LocalPlanOptions = {}): Promise<LocalPlan> {
    const { DRAIN_RULES, drainChange, drainContext, makePlan, PLAN_RULES } = await changesOfMany();
    checkOptions('planDrain', drain, DRAIN_RULES);
    checkOptions('planDrain', options, PLAN_RULES);
    checkWritable(this.source);
    return makePlan(drainContext(this.#context), drain.filter, drainChange(drain.within), options);
  }

  async drain(drain: Drain, options: LocalBulkOptions = {}): Promise<BulkResult> {
    const { BULK_RULES, changeMany, DRAIN_RULES, drainChange, drainContext } = await changesOfMany();
    checkOptions('drain', drain, DRAIN_RULES);
    checkOptions('drain', options, BULK_RULES);
    checkWritable(this.source);
    return changeMany(drainContext(this.#context), drain.filter, drainChange(drain.within), options);
  }

  async flush(scope: TableFlushScope, options: OperationOptions & SkipOption = {}): Promise<BulkResult | undefined> {
    const { FLUSH_RULES, flush } = await changesOfMany();
    checkOptions('flush', options, FLUSH_RULES);
    checkWritable(this.source);
    return flush(this.#context, scope, options);
  }

  close(): void {
    this.#source.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
