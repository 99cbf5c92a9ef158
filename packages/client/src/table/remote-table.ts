import { anyOf, type Filter, normalize } from '@conntrack/filter';
import {
  checkKey,
  encodeKey,
  type Flow,
  type FlowChange,
  FlowObjectCursor,
  type FlowRef,
  type NewFlow,
  sameConnection,
} from '@conntrack/flow';
import { checkFlowRef } from '@conntrack/flow/checks';
import {
  type BulkResult,
  type Counts,
  checkFlushScope,
  checkWritable,
  type Diagnosis,
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
import type { CallOptions, LookupTuple } from '../calls/options.js';
import { CALL, checkCall } from '../calls/rules.js';
import type { ConntrackClient } from '../client.js';
import { ApiError } from '../errors.js';
import type { Deleted, Restored, Updated } from '../protocol/answers.js';
import { MAX_COUNTS } from '../protocol/limits.js';
import { byteStream } from './byte-stream.js';
import { changeEach } from './change-each.js';
import * as O from './options.js';
import { RemoteEvents } from './remote-events.js';
import { planOf, RemotePlan, resultOf, SAMPLE } from './remote-plan.js';
import { answered, codeOf, streamed, tableError } from './table-error.js';

const invalid = (message: string): TableError => new TableError('INVALID_CHANGE', message);
const reading = ({ signal, fresh, reads }: O.List): Pick<O.List, 'signal' | 'fresh' | 'reads'> => ({
  ...(signal && { signal }),
  ...(fresh && { fresh }),
  ...(reads && { reads }),
});
const given = ({ signal }: CallOptions): CallOptions => (signal ? { signal } : {});
const sortText = (sort: O.List['sort']): { sort?: string[] } =>
  sort === undefined || sort.length === 0
    ? {}
    : { sort: sort.map(({ field, descending }) => (descending ? `-${field}` : field)) };

/** Rejects a filter that matches everything: as text it would be empty. @throws TableError FILTER_REQUIRED */
function requireFilter(filter: O.Filters): void {
  const filters = 'kind' in filter ? [filter] : filter;
  if (filters.length === 0 || filters.some(each => normalize(each).kind === 'all'))
    throw new TableError('FILTER_REQUIRED', 'a bulk change requires a filter. To empty the table, flush it');
}

/**
 * The table of a server, with the `Table` interface of `@conntrack/table`: code for a local table also works with it.
 * The server makes, stores and executes plans.
 *
 * @example
 * ```ts
 * import { ConntrackClient } from '@conntrack/client';
 * import { RemoteTable } from '@conntrack/client/table';
 *
 * const client = new ConntrackClient({ url: 'http://127.0.0.1:4680', token: process.env.CONNTRACK_TOKEN });
 * const table = await RemoteTable.open(client);
 * console.log(table.source.name, await table.count());
 * ```
 */
export class RemoteTable {
  readonly source: SourceInfo;
  readonly #client: ConntrackClient;

  private constructor(client: ConntrackClient, source: SourceInfo) {
    this.#client = client;
    this.source = source;
  }

  /** Opens the table: asks the server for its source. @throws TableError */
  static async open(client: ConntrackClient, options: CallOptions = {}): Promise<RemoteTable> {
    checkCall('open', options, CALL);
    const { source } = await answered(client.capabilities(options));
    return new RemoteTable(client, source);
  }

  /** Makes the table without asking the server, for callers that know what it is. A server that is read-only refuses changes itself. */
  static unopened(client: ConntrackClient, source: SourceInfo): RemoteTable {
    return new RemoteTable(client, source);
  }

  async capabilities(options: CallOptions = {}): Promise<TableCapabilities> {
    checkCall('capabilities', options, CALL);
    const { source: _, ...capabilities } = await answered(this.#client.capabilities(options));
    return capabilities;
  }

  async *list(options: O.List = {}): AsyncGenerator<Flow> {
    checkCall('list', options, O.LIST);
    for await (const flows of this.batches(options)) yield* flows;
  }

  async *batches(options: O.List = {}): AsyncGenerator<readonly Flow[]> {
    checkCall('batches', options, O.LIST);
    const { filter, sort, limit } = options;
    if (sort !== undefined && sort.length > 0 && limit === undefined)
      throw new RangeError('a sorted list requires a limit, because the table is never held in memory');
    if (limit === 0) return;
    const asked = { ...sortText(sort), ...(limit !== undefined && { limit }), ...reading(options) };
    yield* streamed(this.#client.batches(filter, asked));
  }

  /**
   * Lists matching flows as text that the server writes, as bytes: several times as fast as through flow objects. Tables in
   * this process have `rows` for that.
   */
  async *text(options: O.Text): AsyncGenerator<Uint8Array, void> {
    checkCall('text', options, O.TEXT);
    const { filter, ...asked } = options;
    yield* streamed(this.#client.text(filter, asked));
  }

  async page(options: O.PageOf): Promise<Page> {
    checkCall('page', options, O.PAGE);
    const { filter, sort, limit, cursor, offset } = options;
    const start = { ...(cursor !== undefined && { cursor }), ...(offset !== undefined && { offset }) };
    const asked = { limit, ...start, ...sortText(sort), ...reading(options) };
    const { items, next, meta } = await answered(this.#client.page(filter, asked));
    return { items, next, more: meta.more, scanned: meta.scanned, matched: meta.matched };
  }

  async get(key: string, options: CallOptions = {}): Promise<Flow> {
    checkCall('get', options, CALL);
    checkKey(key);
    return answered(this.#client.get(key, options));
  }

  async lookup(ref: FlowRef, options: CallOptions = {}): Promise<Flow | undefined> {
    checkCall('lookup', options, CALL);
    checkFlowRef('lookup', ref, invalid);
    const { original, protonum, zone } = ref;
    const { zone: own, ...parts } = original;
    const { packets: _, bytes: __, ...tuple } = parts as typeof parts & { packets?: number; bytes?: number };
    const inZone = own ?? zone;
    const asked: LookupTuple = { proto: protonum, ...tuple, ...(inZone !== undefined && { zone: inZone }) };
    try {
      return await this.#client.lookup(asked, options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'not-found') throw tableError(error);
      // The flow has the tuple in its other direction.
      return error.problem.key === undefined ? undefined : this.get(error.problem.key, options);
    }
  }

  async count(options: O.Read = {}): Promise<number> {
    checkCall('count', options, O.READ);
    return answered(this.#client.count(options.filter, reading(options)));
  }

  /** Counts the flows of each filter, in one scan for up to 32 filters. */
  async counts<Name extends string>(
    filters: Readonly<Record<Name, Filter>>,
    options: Omit<O.Read, 'filter'> = {},
  ): Promise<Counts<Name>> {
    checkCall('counts', options, O.COUNTS);
    const named = Object.entries<Filter>(filters);
    const filter = anyOf(named.map(([, each]) => each));
    const counts: [name: string, count: number][] = [];
    let facts = { matched: 0, scanned: 0 };
    for (let from = 0; from < named.length; from += MAX_COUNTS) {
      // A name can be longer than the server allows, so the filters are numbered.
      const part = named.slice(from, from + MAX_COUNTS);
      const numbered = Object.fromEntries(part.map(([, each], i) => [`f${i}`, each]));
      const found = await this.overview({ filter, limit: 0, counts: numbered, ...options });
      for (const [i, [name]] of part.entries()) counts.push([name, found.counts[`f${i}`]!]);
      facts = { matched: found.matched, scanned: found.scanned };
    }
    return { counts: Object.fromEntries(counts) as Record<Name, number>, ...facts };
  }

  async top(options: O.TopOf): Promise<Top> {
    checkCall('top', options, O.TOP);
    const { filter, ...asked } = options;
    const { items, meta } = await answered(this.#client.top(filter, asked));
    const { filter: _, warnings: __, index: ___, ...summary } = meta;
    return { items, ...summary };
  }

  async overview(options: O.OverviewOf): Promise<Overview> {
    checkCall('overview', options, O.OVERVIEW);
    const { filter, sort, limit, offset, groups, counts } = options;
    const asked = {
      limit,
      ...(offset !== undefined && { offset }),
      ...sortText(sort),
      ...(groups && { groups }),
      ...(counts && { counts }),
      ...reading(options),
    };
    const { meta, ...found } = await answered(this.#client.overview(filter, asked));
    return { ...found, more: meta.more, scanned: meta.scanned, matched: meta.matched };
  }

  async stats(options: CallOptions = {}): Promise<TableStats> {
    checkCall('stats', options, CALL);
    return answered(this.#client.stats(options));
  }

  async doctor(options: O.Doctor = {}): Promise<Diagnosis> {
    checkCall('doctor', options, O.DOCTOR);
    return answered(this.#client.doctor(options));
  }

  async events(options: O.Events = {}): Promise<RemoteEvents> {
    checkCall('events', options, O.EVENTS);
    const asked = { limit: 1, position: true, ...given(options) };
    const { meta } = await answered(this.#client.page(options.filter, asked));
    if (meta.position === undefined)
      throw new TableError('UNSUPPORTED', 'the server returned no position to watch from');
    return new RemoteEvents(this.#client, options, meta.position);
  }

  async *snapshot(options: O.Snapshot = {}): AsyncGenerator<string> {
    checkCall('snapshot', options, O.SNAPSHOT);
    const { filter, ...asked } = options;
    yield* streamed(this.#client.snapshot(filter, asked));
  }

  /** Restores entries. `onBadLine` is called after the end, for the first 20 invalid lines. */
  async restore(
    text: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
    options: O.Restore = {},
  ): Promise<RestoreReport> {
    checkCall('restore', options, O.RESTORE);
    checkWritable(this.source);
    const { onBadLine, dryRun, signal, live } = options;
    const asked = { skipBadLines: onBadLine !== undefined, ...(dryRun && { dryRun }), ...(signal && { signal }) };
    const reportOf = ({ dryRun: _, faults: __, refusals, ...report }: Restored): RestoreReport => ({
      ...report,
      refusals: refusals.map(({ code, ...refusal }) => ({ code: codeOf(code), ...refusal })),
    });
    try {
      const answer = await this.#client.restore(byteStream(text), asked);
      for (const fault of answer.faults ?? []) onBadLine?.(fault);
      const report = reportOf(answer);
      live?.(report);
      return report;
    } catch (error) {
      const { result } = error instanceof ApiError ? error.problem : {};
      if (typeof result === 'object' && result !== null && 'refusals' in result) live?.(reportOf(result as Restored));
      throw tableError(error);
    }
  }

  async create(flow: NewFlow, options: CallOptions = {}): Promise<MadeFlow> {
    checkCall('create', options, CALL);
    checkWritable(this.source);
    try {
      return await this.#client.create(flow, options);
    } catch (error) {
      const failure = tableError(error);
      if (!(error instanceof ApiError) || error.code !== 'flow-exists' || error.problem.key === undefined)
        throw failure;
      const existing = await this.get(error.problem.key, options).catch(() => undefined);
      throw new TableError('FLOW_EXISTS', error.message, { cause: error, ...(existing && { flow: existing }) });
    }
  }

  async update(target: string | FlowRef, change: FlowChange, options: CallOptions = {}): Promise<Flow> {
    checkCall('update', options, CALL);
    checkWritable(this.source);
    const key = await this.#keyOf(target, options);
    return answered(this.#client.update(key, change, options));
  }

  async delete(target: string | FlowRef, options: CallOptions = {}): Promise<void> {
    checkCall('delete', options, CALL);
    checkWritable(this.source);
    const key = await this.#keyOf(target, options);
    await answered(this.#client.delete(key, options));
  }

  async *changeEach(changes: Iterable<ListedChange>, options: O.ChangeEach = {}): AsyncGenerator<ListedOutcome> {
    checkCall('changeEach', options, O.CHANGE_EACH);
    checkWritable(this.source);
    yield* changeEach(this.#client, changes, options);
  }

  async plan(filter: O.Filters, change: FlowChange | 'delete', options: O.PlanOf = {}): Promise<RemotePlan> {
    checkCall('plan', options, O.PLAN);
    checkWritable(this.source);
    requireFilter(filter);
    const { sample = SAMPLE, ...limits } = options;
    return new RemotePlan(this.#client, await answered(this.#client.plan(filter, change, limits)), sample);
  }

  async deleteMany(filter: O.Filters, options: O.Bulk = {}): Promise<BulkResult> {
    checkCall('deleteMany', options, O.BULK);
    return this.#changeMany(filter, 'delete', options);
  }

  async updateMany(filter: O.Filters, change: FlowChange, options: O.Bulk = {}): Promise<BulkResult> {
    checkCall('updateMany', options, O.BULK);
    return this.#changeMany(filter, change, options);
  }

  async reconcile(what: { scope: Filter; keep: O.Filters }, options: O.Bulk = {}): Promise<BulkResult> {
    checkCall('reconcile', options, O.BULK);
    return resultOf(await this.#reconcile('reconcile', what, options));
  }

  async drain(drain: { filter: O.Filters; within: number }, options: O.Bulk = {}): Promise<BulkResult> {
    checkCall('drain', options, O.BULK);
    return resultOf(await this.#drain('drain', drain, options));
  }

  async planReconcile(what: { scope: Filter; keep: O.Filters }, options: O.PlanOf = {}): Promise<RemotePlan> {
    checkCall('planReconcile', options, O.PLAN);
    const { sample: _, ...limits } = options;
    const answer = await this.#reconcile('planReconcile', what, { ...limits, dryRun: true });
    return planOf(this.#client, answer, options);
  }

  async planDrain(drain: { filter: O.Filters; within: number }, options: O.PlanOf = {}): Promise<RemotePlan> {
    checkCall('planDrain', options, O.PLAN);
    const { sample: _, ...limits } = options;
    return planOf(this.#client, await this.#drain('planDrain', drain, { ...limits, dryRun: true }), options);
  }

  async flush(scope: TableFlushScope, options: CallOptions = {}): Promise<FlushResult | undefined> {
    checkCall('flush', options, CALL);
    checkWritable(this.source);
    checkFlushScope(scope);
    const { all: _, ...part } = scope as { all?: true };
    const answer = await answered(this.#client.flush({ ...part, ...given(options) }));
    const { matched, deleted, gone = 0, failed = 0, skipped = 0 } = answer;
    return deleted === undefined ? undefined : { matched: matched ?? 0, changed: deleted, gone, failed, skipped };
  }

  /** Does nothing: no connection is kept open. */
  close(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #reconcile(call: string, what: { scope: Filter; keep: O.Filters }, options: O.Bulk): Promise<Deleted> {
    checkCall(call, what, { scope: 0, keep: 0 });
    checkWritable(this.source);
    const { scope, keep } = what;
    requireFilter(scope);
    const kept = 'kind' in keep ? [keep] : keep;
    return answered(this.#client.reconcile(scope, kept, options));
  }

  #drain(call: string, drain: { filter: O.Filters; within: number }, options: O.Bulk): Promise<Updated> {
    checkCall(call, drain, { filter: 0, within: 0 });
    checkWritable(this.source);
    requireFilter(drain.filter);
    return answered(this.#client.drain(drain.filter, drain.within, options));
  }

  async #changeMany(
    filter: O.Filters,
    change: FlowChange | 'delete',
    { dryRun, ...options }: O.Bulk,
  ): Promise<BulkResult> {
    const plan = await this.plan(filter, change, options);
    if (dryRun) return plan.preview();
    const { notAttempted: _, ...result } = await plan.execute(given(options));
    return result;
  }

  /**
   * The key of a target. A key does not contain the reply tuple, so a target's reply tuple is compared with the current
   * flow.
   */
  async #keyOf(target: string | FlowRef, options: CallOptions): Promise<string> {
    if (typeof target === 'string') {
      checkKey(target);
      return target;
    }
    const { reply, id, ...ref } = target;
    if (id === undefined)
      throw invalid('the flow has no id, so its tuple can belong to another connection. List the flows again');
    const key = encodeKey({ ...ref, id });
    if (reply === undefined) return key;
    const flow = await this.get(key, options);
    if (!sameConnection(new FlowObjectCursor(flow), target))
      throw new TableError('FLOW_REPLACED', 'this connection has ended, and another connection has its tuple now', {
        flow,
      });
    return key;
  }
}
