import { ALL, type Filter } from '@conntrack/filter';
import type { Flow, FlowChange, FlowRef, NewFlow } from '@conntrack/flow';
import { checkOptions } from '@conntrack/flow/checks';
import {
  type BulkResult,
  type Counts,
  checkFlushScope,
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
import type {
  BulkOptions,
  ChangeEachOptions,
  DoctorOptions,
  Drain,
  ListOptions,
  OperationOptions,
  OverviewOptions,
  PageOptions,
  PlanOptions,
  ReadOptions,
  Reconciliation,
  SnapshotOptions,
  Table,
  TableEventOptions,
  TopOptions,
} from '@conntrack/table';
import { named } from './ask/named.js';
import { FleetReport } from './ask/report.js';
import { changeMany } from './change/bulk.js';
import { changeEach } from './change/change-each.js';
import type { FleetPlan } from './change/fleet-plan.js';
import { flushAll } from './change/flush.js';
import { type PlanOn, planAll } from './change/plan-all.js';
import { FleetEvents } from './events.js';
import { FLEET_RULES, type FleetOptions } from './fleet-options.js';
import { Nodes } from './nodes.js';
import { capabilitiesOf, diagnosisOf, statsOf } from './per-node.js';
import * as read from './read.js';

const unsupported = (what: string): TableError => new TableError('UNSUPPORTED', what);

/**
 * The tables of many hosts as one table. Each flow names its host (`node`), also in its key.
 *
 * Who is asked follows from the inventory and from the tests of `node` in the filter. A node that does not answer within the deadline is
 * left out and named: {@link Fleet.meta} says so for all calls of a request. An operation that no node answered throws.
 *
 * @example
 * ```ts
 * import { Fleet, fixedInventory, remoteMember } from '@conntrack/fleet';
 *
 * const inventory = fixedInventory([remoteMember({ id: 'gw-1', url: 'http://192.0.2.1:4680' })]);
 * await using fleet = new Fleet({ inventory });
 * console.log(await fleet.count(), fleet.meta());
 * ```
 */
export class Fleet implements Table {
  readonly source: SourceInfo = { kind: 'fleet', name: 'fleet', writable: true };
  readonly #options: FleetOptions;
  readonly #nodes: Nodes;

  constructor(options: FleetOptions, request: { readonly id?: string } = {}) {
    checkOptions('Fleet', options, FLEET_RULES);
    this.#options = options;
    this.#nodes = new Nodes(options, { ...request, report: new FleetReport() });
  }

  /** Returns the fleet for one request: its nodes get the id of the request, and {@link meta} is about this request alone. */
  forRequest(id: string): Fleet {
    return new Fleet(this.#options, { id });
  }

  /** Says which nodes the calls of this object asked so far, and which of them answered. */
  meta(): FleetMeta {
    return this.#nodes.report.meta();
  }

  async capabilities({ signal }: OperationOptions = {}): Promise<TableCapabilities> {
    const targets = this.#nodes.targets([ALL]);
    const found = await this.#nodes.each(targets, signal, ({ member }, own) =>
      member.table.capabilities({ signal: own }),
    );
    return { ...capabilitiesOf(found), fleet: this.meta() };
  }

  async *list(options: ListOptions = {}): AsyncGenerator<Flow> {
    for await (const flows of this.batches(options)) yield* flows;
  }

  batches(options: ListOptions = {}): AsyncGenerator<readonly Flow[]> {
    return read.batches(this.#nodes, options);
  }

  async page(options: PageOptions): Promise<Page> {
    return read.page(this.#nodes, options);
  }

  async get(key: string, { signal }: OperationOptions = {}): Promise<Flow> {
    const { node, key: own } = read.nodeOfKey(key);
    const member = this.#nodes.member(node);
    return named(node, await this.#nodes.one(member, signal, (each, at) => each.table.get(own, { signal: at })));
  }

  /** Returns the flow that has this tuple: on the node of the reference, or on the first node, by name, that has it. */
  async lookup({ node, ...ref }: FlowRef, { signal }: OperationOptions = {}): Promise<Flow | undefined> {
    if (node !== undefined) {
      const found = await this.#nodes.one(this.#nodes.member(node), signal, (each, at) =>
        each.table.lookup(ref, { signal: at }),
      );
      return found && named(node, found);
    }
    const answers = await this.#nodes.each(this.#nodes.targets([ALL]), signal, ({ member }, at) =>
      member.table.lookup(ref, { signal: at }),
    );
    const first = answers.find(({ value }) => value !== undefined);
    return first && named(first.node, first.value!);
  }

  async count(options: ReadOptions = {}): Promise<number> {
    return read.count(this.#nodes, options);
  }

  async counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options: Omit<ReadOptions, 'filter'> = {},
  ): Promise<Counts<Name>> {
    return read.counts(this.#nodes, filters, options);
  }

  async top({ filter, fresh, signal, ...asked }: TopOptions): Promise<Top> {
    const { groups, matched, scanned } = await read.overview(this.#nodes, {
      ...(filter && { filter }),
      ...(fresh !== undefined && { fresh }),
      ...(signal && { signal }),
      groups: [asked],
      limit: 0,
    });
    return { ...groups[0]!, matched, scanned };
  }

  async overview(options: OverviewOptions): Promise<Overview> {
    return read.overview(this.#nodes, options);
  }

  /** Returns the statistics of each node, and sums. */
  async stats({ signal }: OperationOptions = {}): Promise<TableStats> {
    const targets = this.#nodes.targets([ALL]);
    const found = await this.#nodes.each(targets, signal, ({ member }, own) => member.table.stats({ signal: own }));
    return { ...statsOf(found), fleet: this.meta() };
  }

  /** Returns the findings of all nodes, each with its node. */
  async doctor({ signal, ...options }: DoctorOptions = {}): Promise<Diagnosis> {
    const targets = this.#nodes.targets([ALL]);
    const found = await this.#nodes.each(targets, signal, ({ member }, own) =>
      member.table.doctor({ ...options, signal: own }),
    );
    return { ...diagnosisOf(this.source, found), fleet: this.meta() };
  }

  async events(options: TableEventOptions = {}): Promise<FleetEvents> {
    return FleetEvents.open(this.#nodes, this.#options.inventory, options);
  }

  async *snapshot({ format = 'ndjson', ...options }: SnapshotOptions = {}): AsyncGenerator<string> {
    if (format !== 'ndjson')
      throw unsupported(`a snapshot of a fleet must be NDJSON: '${format}' cannot name the node of a flow`);
    for await (const flows of this.batches(options)) yield flows.map(flow => `${JSON.stringify(flow)}\n`).join('');
  }

  async restore(): Promise<RestoreReport> {
    throw unsupported('a fleet cannot restore a snapshot: restore it on the node itself');
  }

  async create(_: NewFlow): Promise<MadeFlow> {
    throw unsupported('a fleet cannot choose the node of a new flow: create it on the node itself');
  }

  async update(target: string | FlowRef, change: FlowChange, { signal }: OperationOptions = {}): Promise<Flow> {
    const { node, own } = ownTarget(target);
    const call = (table: Table, at: AbortSignal): Promise<Flow> => table.update(own, change, { signal: at });
    return named(node, await this.#nodes.one(this.#nodes.member(node), signal, (each, at) => call(each.table, at)));
  }

  async delete(target: string | FlowRef, { signal }: OperationOptions = {}): Promise<void> {
    const { node, own } = ownTarget(target);
    await this.#nodes.one(this.#nodes.member(node), signal, (each, at) => each.table.delete(own, { signal: at }));
  }

  changeEach(changes: Iterable<ListedChange>, options: ChangeEachOptions = {}): AsyncGenerator<ListedOutcome> {
    return changeEach(this.#nodes, changes, options);
  }

  /**
   * Makes the plan of each node. All nodes that are asked must answer, except `allowMissing` of them. The plans are executed each by itself:
   * there is no transaction over several nodes.
   *
   * @throws TableError FILTER_REQUIRED; SOURCE_FAILED if nodes are missing
   */
  async plan(
    filter: Filter | readonly Filter[],
    change: FlowChange | 'delete',
    options: PlanOptions = {},
  ): Promise<FleetPlan> {
    return this.#plan(filter, change, options, ({ member, filters }, how) => member.table.plan(filters, change, how));
  }

  async planDrain({ filter, within }: Drain, options: PlanOptions = {}): Promise<FleetPlan> {
    const change: FlowChange = { timeout: within, status: ['FIXED_TIMEOUT'] };
    return this.#plan(filter, change, options, ({ member, filters }, how) =>
      member.table.planDrain({ filter: filters, within }, how),
    );
  }

  async planReconcile({ scope, keep }: Reconciliation, options: PlanOptions = {}): Promise<FleetPlan> {
    const kept = 'kind' in keep ? [keep] : keep;
    return this.#plan(scope, 'delete', options, ({ member, filters: [own = ALL] }, how) =>
      member.table.planReconcile(
        { scope: own, keep: kept.flatMap(each => this.#nodes.filterFor(member.id, each) ?? []) },
        how,
      ),
    );
  }

  async deleteMany(filter: Filter | readonly Filter[], options: BulkOptions = {}): Promise<BulkResult> {
    return changeMany(options, how => this.plan(filter, 'delete', how));
  }

  async updateMany(
    filter: Filter | readonly Filter[],
    change: FlowChange,
    options: BulkOptions = {},
  ): Promise<BulkResult> {
    return changeMany(options, how => this.plan(filter, change, how));
  }

  async reconcile(what: Reconciliation, options: BulkOptions = {}): Promise<BulkResult> {
    return changeMany(options, how => this.planReconcile(what, how));
  }

  async drain(drain: Drain, options: BulkOptions = {}): Promise<BulkResult> {
    return changeMany(options, how => this.planDrain(drain, how));
  }

  async flush(scope: TableFlushScope, { signal }: OperationOptions = {}): Promise<FlushResult | undefined> {
    checkFlushScope(scope);
    return flushAll(this.#nodes, scope, this.#options, signal);
  }

  /** Closes the inventory. */
  close(): void {
    this.#options.inventory.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.inventory[Symbol.asyncDispose]();
  }

  #plan(
    filter: Filter | readonly Filter[],
    change: FlowChange | 'delete',
    options: PlanOptions,
    planOn: PlanOn,
  ): Promise<FleetPlan> {
    return planAll(this.#nodes, 'kind' in filter ? [filter] : filter, change, options, this.#options, planOn);
  }
}

/** The node of a flow that is to be changed, and the flow as the node knows it. @throws TableError INVALID_CHANGE */
function ownTarget(target: string | FlowRef): { node: string; own: string | FlowRef } {
  if (typeof target === 'string') {
    const { node, key } = read.nodeOfKey(target);
    return { node, own: key };
  }
  const { node, key: _, ...own } = target as FlowRef & { key?: string };
  if (node === undefined)
    throw new TableError('INVALID_CHANGE', 'the flow names no node of the fleet (member node). List the flows again');
  return { node, own };
}
