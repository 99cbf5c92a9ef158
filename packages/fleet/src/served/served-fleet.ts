import type { Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowRef, NewFlow } from '@conntrack/flow';
import {
  type BulkResult,
  type Counts,
  type Diagnosis,
  type FleetMeta,
  type FlushResult,
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
import {
  type AvailableOptions,
  type BulkOptions,
  type ChangeEachOptions,
  type DoctorOptions,
  type Drain,
  ExpectationTable,
  type ListOptions,
  type LocalTable,
  type MatchingRows,
  newCounts,
  type OperationOptions,
  type OverviewOptions,
  type PageOptions,
  type PlanOptions,
  type ReadOptions,
  type Reconciliation,
  type RowCounts,
  type RowCursor,
  rowOfFlow,
  rowsOfFlows,
  type SnapshotOptions,
  type TableEventOptions,
  type TopOptions,
  type ViewOptions,
} from '@conntrack/table';
import type { FleetPlan } from '../change/fleet-plan.js';
import type { Fleet } from '../fleet.js';
import { Limit } from './limit.js';
import { ServedEvents } from './served-events.js';

/** The caller's own connection goes to this server and to none of the nodes, so that there is nothing to skip. */
type WithSkip<T> = T & { skip?: unknown; life?: unknown };

const withoutSkip = <T extends object>({ skip: _, life: __, ...options }: WithSkip<T>): Omit<T, 'skip' | 'life'> =>
  options;

/** A fleet as an HTTP server serves it: with rows, and with views for callers with limited rights. */
export class ServedFleet implements LocalTable {
  readonly wholeEvents = false;
  /** Each node looks for ends that its kernel does not report. */
  readonly certainEnds = true;
  readonly expectations: ExpectationTable;
  readonly #fleet: Fleet;
  readonly #limit: Limit;
  readonly #view: ViewOptions;

  constructor(fleet: Fleet, view: ViewOptions = {}) {
    this.#fleet = fleet;
    this.#view = view;
    this.#limit = new Limit(view.filter);
    this.expectations = new ExpectationTable({ info: this.source });
  }

  get source(): SourceInfo {
    return this.#fleet.source;
  }

  view(options: ViewOptions): ServedFleet {
    return new ServedFleet(this.#fleet, options);
  }

  forRequest(id: string): ServedFleet {
    return new ServedFleet(this.#fleet.forRequest(id), this.#view);
  }

  fleetMeta(): FleetMeta {
    return this.#fleet.meta();
  }

  indexState(): undefined {}

  async capabilities(options?: OperationOptions): Promise<TableCapabilities> {
    const { count, max, ...rest } = await this.#fleet.capabilities(options);
    if (!this.#limit.isWhole) return { ...rest, notes: [] };
    return { ...rest, ...(count !== undefined && { count }), ...(max !== undefined && { max }) };
  }

  /** The nodes refuse what they do not record. */
  async checkAvailable(_: AvailableOptions): Promise<void> {}

  async *list(options: ListOptions = {}): AsyncGenerator<Flow> {
    for await (const flows of this.batches(options)) yield* flows;
  }

  async *batches(options: ListOptions = {}): AsyncGenerator<readonly Flow[]> {
    const release = await this.#view.admit?.(options.signal);
    try {
      yield* this.#fleet.batches(this.#narrowed(options));
    } finally {
      release?.();
    }
  }

  async *rows(options: ListOptions = {}, counts: RowCounts = newCounts()): AsyncGenerator<MatchingRows> {
    for await (const flows of this.batches(options)) {
      yield rowsOfFlows(flows, counts);
      counts.limited = options.limit !== undefined && counts.matched >= options.limit;
    }
  }

  page(options: PageOptions): Promise<Page> {
    return this.#scan(options, () => this.#fleet.page(this.#narrowed(options)));
  }

  async pageOf<Item>(options: PageOptions, item: (cursor: RowCursor) => Item): Promise<Page<Item>> {
    const page = await this.page(options);
    return { ...page, items: page.items.map(flow => item(rowOfFlow(flow))) };
  }

  overview(options: OverviewOptions): Promise<Overview> {
    return this.#scan(options, () => this.#fleet.overview(this.#narrowed(options)));
  }

  async overviewOf<Item>(options: OverviewOptions, item: (cursor: RowCursor) => Item): Promise<Overview<Item>> {
    const found = await this.overview(options);
    return { ...found, items: found.items.map(flow => item(rowOfFlow(flow))) };
  }

  async get(key: string, options?: OperationOptions): Promise<Flow> {
    return this.#limit.own(await this.#fleet.get(key, options));
  }

  async getOf<Item>(key: string, item: (cursor: RowCursor) => Item, options?: OperationOptions): Promise<Item> {
    return item(rowOfFlow(await this.get(key, options)));
  }

  async lookup(ref: FlowRef, options?: OperationOptions): Promise<Flow | undefined> {
    const flow = await this.#fleet.lookup(ref, options);
    return flow !== undefined && this.#limit.holds(flow) ? flow : undefined;
  }

  /** A node that does not answer has none of the flows, for now: its events are followed by others. */
  lookupMany(refs: readonly FlowRef[], options?: OperationOptions): Promise<(Flow | undefined)[]> {
    return Promise.all(refs.map(ref => this.lookup(ref, options).catch(() => undefined)));
  }

  count(options: ReadOptions = {}): Promise<number> {
    return this.#scan(options, () => this.#fleet.count(this.#narrowed(options)));
  }

  counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options: Omit<ReadOptions, 'filter'> = {},
  ): Promise<Counts<Name>> {
    const own = Object.entries<Filter>(filters).map(([name, filter]) => [name, this.#limit.and(filter)]);
    return this.#scan(options, () => this.#fleet.counts(Object.fromEntries(own) as Record<Name, Filter>, options));
  }

  top(options: TopOptions): Promise<Top> {
    return this.#scan(options, () => this.#fleet.top(this.#narrowed(options)));
  }

  async stats(options?: OperationOptions): Promise<TableStats> {
    this.#limit.whole('the statistics of the whole fleet');
    return this.#fleet.stats(options);
  }

  async doctor(options?: DoctorOptions): Promise<Diagnosis> {
    this.#limit.whole('the state of the whole fleet');
    return this.#fleet.doctor(options);
  }

  async events({ filter, signal, types }: TableEventOptions = {}): Promise<ServedEvents> {
    const narrowed = this.#limit.and(filter);
    const events = await this.#fleet.events({
      ...(narrowed.kind !== 'all' && { filter: narrowed }),
      ...(signal && { signal }),
      ...(types && { types }),
    });
    return new ServedEvents(events);
  }

  snapshot(options: SnapshotOptions = {}): AsyncGenerator<string> {
    return this.#fleet.snapshot(this.#narrowed(options));
  }

  restore(): Promise<RestoreReport> {
    return this.#fleet.restore();
  }

  create(flow: NewFlow): Promise<MadeFlow> {
    return this.#fleet.create(flow);
  }

  async update(target: string | FlowRef, change: FlowChange, options?: OperationOptions): Promise<Flow> {
    this.#limit.checkChange(change);
    await this.#own(target, options);
    return this.#fleet.update(target, change, options);
  }

  async delete(target: string | FlowRef, options?: OperationOptions): Promise<void> {
    await this.#own(target, options);
    return this.#fleet.delete(target, options);
  }

  async *changeEach(
    changes: Iterable<ListedChange>,
    options: WithSkip<ChangeEachOptions> = {},
  ): AsyncGenerator<ListedOutcome> {
    if (this.#limit.isWhole) {
      yield* this.#fleet.changeEach(changes, withoutSkip(options));
      return;
    }
    for (const change of changes)
      try {
        if (change.op === 'update') this.#limit.checkChange(change.change);
        if ('key' in change) await this.get(change.key, options.signal ? { signal: options.signal } : {});
        yield* this.#fleet.changeEach([change], withoutSkip(options));
      } catch (error) {
        if (!(error instanceof TableError)) throw error;
        const outcome =
          error.code === 'FLOW_NOT_FOUND' ? 'gone' : error.code === 'FLOW_REPLACED' ? 'replaced' : 'failed';
        yield { outcome, ...('key' in change && { key: change.key }), error };
      }
  }

  plan(
    filter: Filter | readonly Filter[],
    change: FlowChange | 'delete',
    options: WithSkip<PlanOptions> = {},
  ): Promise<FleetPlan> {
    return this.#scan(options, async () => {
      this.#limit.checkChange(change);
      return this.#fleet.plan(this.#limit.each(filter), change, withoutSkip(options));
    });
  }

  planDrain({ filter, within }: Drain, options: WithSkip<PlanOptions> = {}): Promise<FleetPlan> {
    return this.#scan(options, async () => {
      this.#limit.checkChange({ timeout: within, status: ['FIXED_TIMEOUT'] });
      return this.#fleet.planDrain({ filter: this.#limit.each(filter), within }, withoutSkip(options));
    });
  }

  planReconcile({ scope, keep }: Reconciliation, options: WithSkip<PlanOptions> = {}): Promise<FleetPlan> {
    const [own] = this.#limit.each(scope);
    return this.#scan(options, () => this.#fleet.planReconcile({ scope: own!, keep }, withoutSkip(options)));
  }

  async deleteMany(filter: Filter | readonly Filter[], options: WithSkip<BulkOptions> = {}): Promise<BulkResult> {
    return this.#fleet.deleteMany(this.#limit.each(filter), withoutSkip(options));
  }

  async updateMany(
    filter: Filter | readonly Filter[],
    change: FlowChange,
    options: WithSkip<BulkOptions> = {},
  ): Promise<BulkResult> {
    this.#limit.checkChange(change);
    return this.#fleet.updateMany(this.#limit.each(filter), change, withoutSkip(options));
  }

  async reconcile({ scope, keep }: Reconciliation, options: WithSkip<BulkOptions> = {}): Promise<BulkResult> {
    const [own] = this.#limit.each(scope);
    return this.#fleet.reconcile({ scope: own!, keep }, withoutSkip(options));
  }

  async drain({ filter, within }: Drain, options: WithSkip<BulkOptions> = {}): Promise<BulkResult> {
    this.#limit.checkChange({ timeout: within, status: ['FIXED_TIMEOUT'] });
    return this.#fleet.drain({ filter: this.#limit.each(filter), within }, withoutSkip(options));
  }

  async flush(
    scope: TableFlushScope,
    options: WithSkip<OperationOptions> = {},
  ): Promise<(FlushResult & BulkResult) | undefined> {
    this.#limit.whole('a flush');
    const result = await this.#fleet.flush(scope, withoutSkip(options));
    return result && { ...NOTHING, ...result };
  }

  close(): void {
    this.#fleet.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#fleet[Symbol.asyncDispose]();
  }

  #narrowed<T extends { filter?: Filter }>(options: T): T {
    const filter = this.#limit.and(options.filter);
    return filter.kind === 'all' ? options : { ...options, filter };
  }

  /** Waits until the caller may scan tables. */
  async #scan<T>({ signal }: OperationOptions, scan: () => Promise<T>): Promise<T> {
    const release = await this.#view.admit?.(signal);
    try {
      return await scan();
    } finally {
      release?.();
    }
  }

  /** Refuses a flow that the caller may not see. */
  async #own(target: string | FlowRef, options: OperationOptions | undefined): Promise<void> {
    if (this.#limit.isWhole) return;
    const flow =
      typeof target === 'string' ? await this.#fleet.get(target, options) : await this.#fleet.lookup(target, options);
    if (flow === undefined) throw new TableError('FLOW_NOT_FOUND', 'no entry has this tuple');
    this.#limit.own(flow);
  }
}

const NOTHING: Pick<BulkResult, 'dryRun' | 'skips' | 'breakdown' | 'failures' | 'warnings'> = {
  dryRun: false,
  skips: [],
  breakdown: {},
  failures: [],
  warnings: [],
};
