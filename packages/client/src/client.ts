import type { Flow, FlowChange } from '@conntrack/flow';
import type { TableStats } from '@conntrack/flow/table';
import { type FilterInput, filterBody } from './calls/filter-text.js';
import type {
  BulkOptions,
  CallOptions,
  ChangeCallOptions,
  ChangesOptions,
  CompleteOptions,
  ExpectationOptions,
  FlushOptions,
  ListedChangeInput,
  ListOptions,
  LookupTuple,
  NewFlowInput,
  PageOptions,
  PlannedOptions,
  PlanOptions,
  RestoreOptions,
  SnapshotOptions,
  TopOptions,
} from './calls/options.js';
import { expectationPath, flowPath, type KeyInput, keyText, planPath, queryOf } from './calls/parameters.js';
import {
  BULK,
  CALL,
  CHANGE,
  CHANGES,
  CHECK,
  CLIENT,
  COMPLETE,
  checkCall,
  EXPECTATIONS,
  FLUSH,
  FLUSH_EXPECTATIONS,
  GET,
  LIST,
  LOOKUP,
  PAGE,
  PLAN,
  PLANNED,
  RESTORE,
  SNAPSHOT,
  TOP,
  WATCH,
  WATCH_EXPECTATIONS,
} from './calls/rules.js';
import { type Ask, type ClientOptions, Transport } from './calls/transport.js';
import type {
  Changed,
  Count,
  Deleted,
  ExpectationList,
  ExpectationsFlushed,
  FilterCheck,
  FilterCompletions,
  FilterExplanation,
  FilterField,
  FlowPage,
  Flushed,
  ListEnd,
  PlanAnswer,
  PlanRecord,
  Restored,
  ServerCapabilities,
  TopGroups,
  Updated,
} from './protocol/answers.js';
import { dryRunOf } from './protocol/dry-run.js';
import type { WatchRecord } from './protocol/records.js';
import { flowBatches } from './stream/list.js';
import { snapshotText } from './stream/snapshot.js';
import { type WatchOptions, watch } from './watch/watch.js';
import {
  type ExpectationRecord,
  type WatchExpectationsOptions,
  watchExpectations,
} from './watch/watch-expectations.js';

const MERGE_PATCH = 'application/merge-patch+json';
const NDJSON = 'application/x-ndjson';
const FORM = 'application/x-www-form-urlencoded';

/** A longer query string goes into a body: servers and proxies take some 8,000 characters of a URL. */
const MAX_URL_QUERY = 6_000;

/**
 * The HTTP API of one server. Every method throws `ApiError` for an answer that is not 2xx, and `ClientError` where there is no whole answer. An option
 * that a method does not have is a `ClientError` REQUEST_INVALID, and nothing is sent.
 *
 * @example
 * ```ts
 * import { ConntrackClient } from '@conntrack/client';
 *
 * const client = new ConntrackClient({ url: 'http://127.0.0.1:4680', token: process.env.CONNTRACK_TOKEN });
 * for await (const flow of client.list('proto=tcp&state=ESTABLISHED')) console.log(flow.original.src, flow.key);
 * ```
 */
export class ConntrackClient {
  readonly #transport: Transport;

  /** @throws ClientError REQUEST_INVALID for what is not a URL, and for an option that does not exist. */
  constructor(options: ClientOptions | Transport) {
    if (!(options instanceof Transport)) checkCall('ConntrackClient', options, CLIENT);
    this.#transport = options instanceof Transport ? options : new Transport(options);
  }

  /** The table of another network namespace that the server has by this name. */
  netns(name: string): ConntrackClient {
    return new ConntrackClient(this.#transport.below(`/netns/${encodeURIComponent(name)}`));
  }

  /**
   * Matching flows as the table is read. A slow reader slows the table's dump down; leaving the loop ends the request.
   *
   * @throws ClientError STREAM_CUT when the end of the list did not come; ApiError
   */
  async *list(filter?: FilterInput, options: ListOptions = {}): AsyncGenerator<Flow, ListEnd> {
    const batches = this.batches(filter, options);
    try {
      for (;;) {
        const { done, value } = await batches.next();
        if (done) return value;
        yield* value;
      }
    } finally {
      await batches.return(undefined as never);
    }
  }

  /** The same list in the batches that came together: fewer steps for a million flows. */
  async *batches(filter?: FilterInput, options: ListOptions = {}): AsyncGenerator<readonly Flow[], ListEnd> {
    checkCall('list', options, LIST);
    const { signal, ...parameters } = options;
    const response = await this.#transport.send({ ...listing(queryOf(filter, parameters)), accept: NDJSON, signal });
    return yield* flowBatches(response, signal);
  }

  /** One page of a list (default: 100 flows, at most 10,000), and the cursor of the next. */
  async page(filter?: FilterInput, options: PageOptions = {}): Promise<FlowPage> {
    checkCall('page', options, PAGE);
    const { signal, ...parameters } = options;
    return this.#transport.json({ ...listing(queryOf(filter, parameters)), signal });
  }

  /** How many flows match. */
  async count(filter?: FilterInput, options: CallOptions = {}): Promise<number> {
    checkCall('count', options, CALL);
    const { signal } = options;
    const query = queryOf(filter);
    if (fits(query)) return (await this.#transport.json<Count>({ path: '/conntrack/count', query, signal })).count;
    const { meta } = await this.#transport.json<FlowPage>({
      ...inBody('/conntrack/search', `${query}&limit=1`),
      signal,
    });
    return meta.matched;
  }

  /** One flow by its key: one look-up. @throws ApiError not-found, flow-replaced */
  async get(flow: KeyInput, options: CallOptions & Pick<ListOptions, 'fields'> = {}): Promise<Flow> {
    checkCall('get', options, GET);
    const { signal, fields } = options;
    return this.#transport.json({ path: flowPath(flow), query: queryOf(undefined, { fields }), signal });
  }

  /** The flow of a packet, by its exact tuple. @throws ApiError not-found */
  async lookup(tuple: LookupTuple, options: CallOptions = {}): Promise<Flow> {
    checkCall('lookup', tuple, LOOKUP);
    checkCall('lookup', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: '/conntrack/lookup', query: queryOf(undefined, { ...tuple }), signal });
  }

  /** Make an entry, and get it as the table has it. @throws ApiError flow-exists, with the key of the flow that is there. */
  async create(flow: NewFlowInput, options: ChangeCallOptions = {}): Promise<Flow> {
    checkCall('create', options, CHANGE);
    const { signal, idempotencyKey } = options;
    return this.#transport.json({ method: 'POST', path: '/conntrack', body: flow, signal, idempotencyKey });
  }

  /** Change one flow, and get it as it is then. @throws ApiError not-found, flow-replaced, protected */
  async update(flow: KeyInput, change: FlowChange, options: ChangeCallOptions = {}): Promise<Flow> {
    checkCall('update', options, CHANGE);
    const { signal, idempotencyKey } = options;
    return this.#transport.json({
      method: 'PATCH',
      path: flowPath(flow),
      body: change,
      type: MERGE_PATCH,
      signal,
      idempotencyKey,
    });
  }

  /** Delete one flow; a connection that took over its tuple is not hit. @throws ApiError not-found, flow-replaced, protected */
  async delete(flow: KeyInput, options: ChangeCallOptions = {}): Promise<void> {
    checkCall('delete', options, CHANGE);
    const { signal, idempotencyKey } = options;
    await this.#transport.send({ method: 'DELETE', path: flowPath(flow), signal, idempotencyKey });
  }

  /** Change all flows that match. @throws ApiError filter-required, too-many-affected, expect-mismatch, and then nothing was changed. */
  async updateMany(filter: FilterInput, change: FlowChange, options: BulkOptions = {}): Promise<Updated> {
    checkCall('updateMany', options, BULK);
    const { signal, idempotencyKey, ...limits } = options;
    const query = queryOf(filter, limits);
    if (!fits(query)) return this.#planned(filter, change, options);
    return this.#transport.json({
      method: 'PATCH',
      path: '/conntrack',
      query,
      body: change,
      type: MERGE_PATCH,
      signal,
      idempotencyKey,
    });
  }

  /** Delete all flows that match. @throws ApiError filter-required, too-many-affected, expect-mismatch, and then nothing was deleted. */
  async deleteMany(filter: FilterInput, options: BulkOptions = {}): Promise<Deleted> {
    checkCall('deleteMany', options, BULK);
    const { signal, idempotencyKey, ...limits } = options;
    const query = queryOf(filter, limits);
    if (!fits(query)) return this.#planned(filter, 'delete', options);
    return this.#transport.json({ method: 'DELETE', path: '/conntrack', query, signal, idempotencyKey });
  }

  /** A change of many by a filter that is too long for a URL: a plan takes it in its body. */
  async #planned<Answer>(
    filter: FilterInput,
    change: FlowChange | 'delete',
    { dryRun, idempotencyKey, ...options }: BulkOptions,
  ): Promise<Answer> {
    // Plan and execution are two requests, so the key becomes two.
    const key = (step: string): ChangeCallOptions =>
      idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}-${step}` };
    const plan = await this.plan(filter, change, { ...options, ...key('plan') });
    if (dryRun) return dryRunOf(plan) as Answer;
    return (await this.execute(plan, {
      ...(options.signal && { signal: options.signal }),
      ...key('execute'),
    })) as Answer;
  }

  /**
   * Look which flows a change would touch, for one filter or many in one scan, and change nothing. The plan is kept for a minute, for this caller alone.
   *
   * @throws ApiError filter-required, filter-invalid, too-many-plans
   */
  async plan(
    filter: FilterInput | readonly FilterInput[],
    change: FlowChange | 'delete',
    options: PlanOptions = {},
  ): Promise<PlanAnswer> {
    checkCall('plan', options, PLAN);
    const { signal, idempotencyKey, ...limits } = options;
    return this.#transport.json({
      method: 'POST',
      path: '/conntrack/plans',
      body: { ...filtersBody(filter), change, ...limits },
      signal,
      idempotencyKey,
    });
  }

  /** What has become of a plan: its state, and its counts while it runs and afterwards. @throws ApiError plan-unknown */
  async getPlan(plan: string | { readonly id: string }, options: CallOptions = {}): Promise<PlanRecord> {
    checkCall('getPlan', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: planPath(plan), signal });
  }

  /**
   * Make the change of a plan: on the flows that it saw and that are still there, and on no other. It works once.
   *
   * @throws ApiError plan-unknown, plan-used, plan-expired, or why the plan was refused
   */
  async execute(plan: string | { readonly id: string }, options: ChangeCallOptions = {}): Promise<Deleted | Updated> {
    checkCall('execute', options, CHANGE);
    const { signal, idempotencyKey } = options;
    return this.#transport.json({ method: 'POST', path: `${planPath(plan)}/execute`, signal, idempotencyKey });
  }

  /**
   * Give flows a deadline that no traffic extends: `within` seconds from now they are gone. Needs the scopes `flows:update` and `flows:delete`.
   *
   * @throws ApiError filter-required, too-many-affected, expect-mismatch, and then nothing was changed.
   */
  async drain(
    filter: FilterInput | readonly FilterInput[],
    within: number,
    options: PlannedOptions = {},
  ): Promise<Updated> {
    checkCall('drain', options, PLANNED);
    const { signal, idempotencyKey, ...limits } = options;
    const body = { ...filtersBody(filter), within, ...limits };
    return this.#transport.json({ method: 'POST', path: '/conntrack/drain', body, signal, idempotencyKey });
  }

  /**
   * Delete the flows in `scope` that none of `keep` matches; with an empty `keep`, all flows in the scope.
   *
   * @throws ApiError filter-required, too-many-affected, expect-mismatch, and then nothing was deleted.
   */
  async reconcile(scope: FilterInput, keep: readonly FilterInput[], options: PlannedOptions = {}): Promise<Deleted> {
    checkCall('reconcile', options, PLANNED);
    const { signal, idempotencyKey, ...limits } = options;
    const body = { scope: filterBody(scope), keep: keep.map(filterBody), ...limits };
    return this.#transport.json({ method: 'POST', path: '/conntrack/reconcile', body, signal, idempotencyKey });
  }

  /**
   * Delete, update, make and upsert single flows by a list of up to 1,000. Each has its own outcome, in the order of the list, and one that fails does not
   * stop the others.
   *
   * @throws ApiError scope-missing, body-invalid, and then nothing was changed; otherwise `problem.result` has the outcomes so far.
   */
  async changes(changes: readonly ListedChangeInput[], options: ChangesOptions = {}): Promise<Changed> {
    checkCall('changes', options, CHANGES);
    const { signal, idempotencyKey, dryRun } = options;
    const list = changes.map(change => ('key' in change ? { ...change, key: keyText(change.key) } : change));
    const body = { changes: list, ...(dryRun !== undefined && { dryRun }) };
    return this.#transport.json({ method: 'POST', path: '/conntrack/changes', body, signal, idempotencyKey });
  }

  /**
   * The table as text that {@link restore} reads: NDJSON, or `-o save` lines. With NDJSON the last line shows that nothing was cut.
   *
   * @throws ClientError STREAM_CUT; ApiError, also for a failure half-way
   */
  async *snapshot(filter?: FilterInput, options: SnapshotOptions = {}): AsyncGenerator<string> {
    checkCall('snapshot', options, SNAPSHOT);
    const { signal, format = 'ndjson' } = options;
    const query = queryOf(filter, { format });
    const response = await this.#transport.send({ path: '/conntrack/snapshot', query, accept: '*/*', signal });
    yield* snapshotText(response, format, signal);
  }

  /**
   * Make entries from a snapshot, or from any capture, as it is or compressed with gzip. Entries that exist stay as they are. A stream is sent as it is
   * read, and only once; with an `idempotencyKey` the text may have at most 1 MiB.
   *
   * @throws ApiError body-invalid for a line that cannot be read; `problem.result` says what was made before
   */
  async restore(
    text: string | Uint8Array | ReadableStream<Uint8Array>,
    options: RestoreOptions = {},
  ): Promise<Restored> {
    checkCall('restore', options, RESTORE);
    const { signal, idempotencyKey, ...parameters } = options;
    return this.#transport.json({
      method: 'POST',
      path: '/conntrack/restore',
      query: queryOf(undefined, parameters),
      body: text,
      type: 'application/octet-stream',
      signal,
      idempotencyKey,
    });
  }

  /** Empty the table, or its part of a family, zone or mark. */
  async flush(options: FlushOptions = {}): Promise<Flushed> {
    checkCall('flush', options, FLUSH);
    const { signal, idempotencyKey, ...scope } = options;
    return this.#transport.json({
      method: 'POST',
      path: '/conntrack/flush',
      body: { confirm: 'flush', ...scope },
      signal,
      idempotencyKey,
    });
  }

  /**
   * What happens to flows from now on, from `since`, or, with `initial`, from the flows that are there. It goes on behind the last record after a break, and
   * ends by leaving the loop, by the signal, or with an error.
   *
   * @example
   * ```ts
   * for await (const record of client.watch('proto=tcp', { initial: true, signal })) {
   *   if (record.type === 'resync') flows.clear();
   *   else if (record.type === 'destroy') flows.delete(record.flow.key);
   *   else if ('flow' in record) flows.set(record.flow.key, record.flow);
   * }
   * ```
   * @throws ApiError when the server refuses for good, or has forgotten `since` (410); ClientError WATCH_FAILED
   */
  watch(filter?: FilterInput, options?: WatchOptions): AsyncGenerator<WatchRecord, never> {
    checkCall('watch', options, WATCH);
    return watch(this.#transport, filter, options);
  }

  /** The groups of flows with the most flows, bytes or packets. */
  async top(filter: FilterInput | undefined, options: TopOptions): Promise<TopGroups> {
    checkCall('top', options, TOP);
    const { signal, ...parameters } = options;
    return this.#transport.json({ ...asked('/conntrack/top', queryOf(filter, parameters)), signal });
  }

  /** Connections that helpers (FTP, SIP …) have announced. */
  async expectations(options: ExpectationOptions = {}): Promise<ExpectationList> {
    checkCall('expectations', options, EXPECTATIONS);
    const { signal, ...parameters } = options;
    return this.#transport.json({ path: '/expectations', query: queryOf(undefined, parameters), signal });
  }

  /**
   * What happens to expectations from now on, over one connection. It ends when the server stops; after a `gap` or a break the list is to be read again.
   *
   * @throws ClientError STREAM_CUT
   */
  watchExpectations(options?: WatchExpectationsOptions): AsyncGenerator<ExpectationRecord, void> {
    checkCall('watchExpectations', options, WATCH_EXPECTATIONS);
    return watchExpectations(this.#transport, options);
  }

  /** Delete one expectation. @throws ApiError not-found */
  async deleteExpectation(expectation: KeyInput, options: CallOptions = {}): Promise<void> {
    checkCall('deleteExpectation', options, CALL);
    const { signal } = options;
    await this.#transport.send({ method: 'DELETE', path: expectationPath(expectation), signal });
  }

  /** Delete all expectations, or one helper's. */
  async flushExpectations(options: CallOptions & { helper?: string } = {}): Promise<ExpectationsFlushed> {
    checkCall('flushExpectations', options, FLUSH_EXPECTATIONS);
    const { signal, helper } = options;
    const body = { confirm: 'flush', ...(helper !== undefined && { helper }) };
    return this.#transport.json({ method: 'POST', path: '/expectations/flush', body, signal });
  }

  /** How full the table is, and what each CPU has counted since boot. */
  async stats(options: CallOptions = {}): Promise<TableStats> {
    checkCall('stats', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: '/stats', signal });
  }

  /** What the table records and can do. */
  async capabilities(options: CallOptions = {}): Promise<ServerCapabilities> {
    checkCall('capabilities', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: '/capabilities', signal });
  }

  /** Whether a filter is valid, or what is wrong with it and where. A filter that is not valid is an answer here. */
  async checkFilter(
    filter: FilterInput,
    options: CallOptions & { purpose?: 'read' | 'change' } = {},
  ): Promise<FilterCheck> {
    checkCall('checkFilter', options, CHECK);
    const { signal, purpose } = options;
    return this.#transport.json({ path: '/filter/check', query: queryOf(filter, { purpose }), signal });
  }

  /** What a filter means in words, and how the table would be read for it. */
  async explainFilter(filter: FilterInput, options: CallOptions = {}): Promise<FilterExplanation> {
    checkCall('explainFilter', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: '/filter/explain', query: queryOf(filter), signal });
  }

  /** What can stand at a place of a filter (default: its end). */
  async completeFilter(text: string, options: CompleteOptions = {}): Promise<FilterCompletions> {
    checkCall('completeFilter', options, COMPLETE);
    const { signal, ...parameters } = options;
    return this.#transport.json({
      path: '/filter/complete',
      query: queryOf(undefined, { text, ...parameters }),
      signal,
    });
  }

  /** The fields of the filter language. */
  async filterFields(options: CallOptions = {}): Promise<FilterField[]> {
    checkCall('filterFields', options, CALL);
    const { signal } = options;
    return (await this.#transport.json<{ fields: FilterField[] }>({ path: '/filter/fields', signal })).fields;
  }
}

/** One filter or many, as members of a body. */
const filtersBody = (filter: FilterInput | readonly FilterInput[]): object =>
  Array.isArray(filter) ? { filters: filter.map(filterBody) } : { filter: filterBody(filter as FilterInput) };

/** Whether a query string is short enough for a URL. */
const fits = (query: string): boolean => query.length <= MAX_URL_QUERY;

/** A query string as the body of a search. */
const inBody = (path: string, query: string): Ask => ({ method: 'POST', path, body: query, type: FORM, reads: true });

/** A question by GET, or, where its filter is too long for a URL, by a search. */
const asked = (path: string, query: string, search = path): Ask =>
  fits(query) ? { path, query } : inBody(search, query);

/** A list. */
const listing = (query: string): Ask => asked('/conntrack', query, '/conntrack/search');
