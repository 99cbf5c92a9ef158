import type { Flow, FlowChange } from '@conntrack/flow';
import type { Diagnosis, TableStats } from '@conntrack/flow/table';
import { type FilterInput, filterBody } from './calls/filter-text.js';
import type {
  BulkOptions,
  CallOptions,
  ChangeCallOptions,
  ChangesOptions,
  CompleteOptions,
  DoctorOptions,
  ExecuteCallOptions,
  ExpectationOptions,
  FlushOptions,
  ListedChangeInput,
  ListOptions,
  LookupTuple,
  NewFlowInput,
  OverviewOptions,
  PageOptions,
  PlannedOptions,
  PlanOptions,
  ReadOptions,
  RestoreOptions,
  SnapshotOptions,
  TextOptions,
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
  DOCTOR,
  EXECUTE,
  EXPECTATIONS,
  FLUSH,
  FLUSH_EXPECTATIONS,
  GET,
  LIST,
  LOOKUP,
  OVERVIEW,
  PAGE,
  PLAN,
  PLANNED,
  READ,
  RESTORE,
  SNAPSHOT,
  SPAN,
  TEXT,
  TOP,
  WATCH,
  WATCH_EXPECTATIONS,
} from './calls/rules.js';
import { type Ask, type ClientOptions, Transport } from './calls/transport.js';
import type {
  Caller,
  Changed,
  Count,
  Deleted,
  ExpectationList,
  ExpectationsFlushed,
  FilterCheck,
  FilterCompletions,
  FilterExplanation,
  FilterField,
  FlowOverview,
  FlowPage,
  Flushed,
  ListEnd,
  PastGaps,
  PlanAnswer,
  PlanRecord,
  Restored,
  ServedNamespace,
  ServerCapabilities,
  ServerVersion,
  TopGroups,
  Updated,
} from './protocol/answers.js';
import { dryRunOf } from './protocol/dry-run.js';
import type { WatchRecord } from './protocol/records.js';
import { bytesOf } from './stream/bytes.js';
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

/**
 * Maximum length of a query string in a URL; a longer one is sent in a body. Servers and proxies accept about 8,000
 * characters.
 */
const MAX_URL_QUERY = 6_000;

/**
 * A client for the HTTP API of one server. Every method throws `ApiError` for a response with a status other than 2xx,
 * and `ClientError` when there is no complete response. An unknown option is a `ClientError` REQUEST_INVALID, and
 * nothing is sent.
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

  /**
   * Makes a client. It does not connect yet.
   *
   * @throws ClientError REQUEST_INVALID for an invalid URL or an unknown option
   */
  constructor(options: ClientOptions | Transport) {
    if (!(options instanceof Transport)) checkCall('ConntrackClient', options, CLIENT);
    this.#transport = options instanceof Transport ? options : new Transport(options);
  }

  /** A client for the table of another network namespace that the server serves. */
  netns(name: string): ConntrackClient {
    return new ConntrackClient(this.#transport.below(`/netns/${encodeURIComponent(name)}`));
  }

  /**
   * A client for the recorded past of the server's table: its lists, pages, counts and top groups are about the flows that
   * existed at any moment of a span of time. Needs the scope `history:read`.
   *
   * @example
   * ```ts
   * const noon = client.past({ from: '2026-11-30T11:55:00Z', to: '2026-11-30T12:05:00Z' });
   * for await (const flow of noon.list('reply.dst=203.0.113.5&reply.dport=40000')) console.log(flow.original.src);
   * ```
   */
  past(range: { from: string; to: string }): ConntrackClient {
    checkCall('past', range, SPAN);
    const { from, to } = range;
    return new ConntrackClient(this.#transport.past(`from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`));
  }

  /** Returns what answers about the span of {@link past} leave open. */
  async gaps(options: CallOptions = {}): Promise<PastGaps> {
    checkCall('gaps', options, CALL);
    return this.#transport.json({ path: '/history/gaps', ...(options.signal && { signal: options.signal }) });
  }

  /**
   * Lists matching flows while the server reads its table. A slow reader slows the server's scan down. Leaving the loop
   * ends the request.
   *
   * @returns the counts of the list, as the generator's return value
   * @throws ClientError STREAM_CUT when the list is incomplete; ApiError
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

  /**
   * Lists matching flows in batches, as they arrive. Faster than `list` for millions of flows.
   *
   * @returns the counts of the list, as the generator's return value
   * @throws ClientError STREAM_CUT when the list is incomplete; ApiError
   */
  async *batches(filter?: FilterInput, options: ListOptions = {}): AsyncGenerator<readonly Flow[], ListEnd> {
    checkCall('list', options, LIST);
    return yield* flowBatches(await this.#stream(filter, options), options.signal);
  }

  /**
   * Lists matching flows as text in a format that the server writes, as the bytes arrive. The server reads its table no
   * faster than the bytes are taken.
   *
   * @throws ClientError STREAM_CUT when the list is incomplete; ApiError
   */
  async *text(filter: FilterInput | undefined, options: TextOptions): AsyncGenerator<Uint8Array, void> {
    checkCall('text', options, TEXT);
    yield* bytesOf((await this.#stream(filter, options)).body!, options.signal);
  }

  /** Requests a list that arrives while the server reads its table. */
  #stream(filter: FilterInput | undefined, { signal, ...parameters }: ListOptions | TextOptions): Promise<Response> {
    return this.#transport.send({ ...listing(queryOf(filter, parameters)), accept: NDJSON, signal });
  }

  /**
   * Returns one page of a list (default: 100 flows, maximum: 10,000) with the cursor of the next page. Each page costs
   * the server a scan.
   */
  async page(filter?: FilterInput, options: PageOptions = {}): Promise<FlowPage> {
    checkCall('page', options, PAGE);
    const { signal, ...parameters } = options;
    return this.#transport.json({ ...listing(queryOf(filter, parameters)), signal });
  }

  /** Counts matching flows. */
  async count(filter?: FilterInput, options: ReadOptions = {}): Promise<number> {
    checkCall('count', options, READ);
    const { signal, ...parameters } = options;
    const query = queryOf(filter, parameters);
    if (fits(query)) return (await this.#transport.json<Count>({ path: '/conntrack/count', query, signal })).count;
    const { meta } = await this.#transport.json<FlowPage>({
      ...inBody('/conntrack/search', `${query}&limit=1`),
      signal,
    });
    return meta.matched;
  }

  /** Returns one flow by its key, with one kernel look-up. @throws ApiError not-found, flow-replaced */
  async get(flow: KeyInput, options: CallOptions & Pick<ListOptions, 'fields'> = {}): Promise<Flow> {
    checkCall('get', options, GET);
    const { signal, fields } = options;
    return this.#transport.json({ path: flowPath(flow), query: queryOf(undefined, { fields }), signal });
  }

  /** Returns the flow of a packet by its exact tuple, with one kernel look-up. @throws ApiError not-found */
  async lookup(tuple: LookupTuple, options: CallOptions = {}): Promise<Flow> {
    checkCall('lookup', tuple, LOOKUP);
    checkCall('lookup', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: '/conntrack/lookup', query: queryOf(undefined, { ...tuple }), signal });
  }

  /**
   * Creates an entry, and returns it as the kernel stored it.
   *
   * @throws ApiError flow-exists, with the key of the existing flow
   */
  async create(flow: NewFlowInput, options: ChangeCallOptions = {}): Promise<Flow> {
    checkCall('create', options, CHANGE);
    const { signal, idempotencyKey } = options;
    return this.#transport.json({ method: 'POST', path: '/conntrack', body: flow, signal, idempotencyKey });
  }

  /** Changes one flow, and returns it after the change. @throws ApiError not-found, flow-replaced, protected */
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

  /**
   * Deletes one flow. A connection that replaced it is not deleted.
   *
   * @throws ApiError not-found, flow-replaced, protected
   */
  async delete(flow: KeyInput, options: ChangeCallOptions = {}): Promise<void> {
    checkCall('delete', options, CHANGE);
    const { signal, idempotencyKey } = options;
    await this.#transport.send({ method: 'DELETE', path: flowPath(flow), signal, idempotencyKey });
  }

  /**
   * Changes all matching flows.
   *
   * @throws ApiError filter-required, too-many-affected, expect-mismatch; nothing was changed then
   */
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

  /**
   * Deletes all matching flows.
   *
   * @throws ApiError filter-required, too-many-affected, expect-mismatch; nothing was deleted then
   */
  async deleteMany(filter: FilterInput, options: BulkOptions = {}): Promise<Deleted> {
    checkCall('deleteMany', options, BULK);
    const { signal, idempotencyKey, ...limits } = options;
    const query = queryOf(filter, limits);
    if (!fits(query)) return this.#planned(filter, 'delete', options);
    return this.#transport.json({ method: 'DELETE', path: '/conntrack', query, signal, idempotencyKey });
  }

  /** Makes a bulk change whose filter is too long for a URL: a plan has its filter in the body. */
  async #planned<Answer>(
    filter: FilterInput,
    change: FlowChange | 'delete',
    { dryRun, idempotencyKey, ...options }: BulkOptions,
  ): Promise<Answer> {
    // Plan and execution are two requests, so they need two keys.
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
   * Previews a change: finds the flows that it would affect, with one scan for one or many filters, and changes
   * nothing. The plan can be executed within 60 seconds, by this caller only.
   *
   * @throws ApiError filter-required, filter-invalid, too-many-plans
   * @example
   * ```ts
   * const plan = await client.plan('dst=192.0.2.7', 'delete', { maxAffected: 500 });
   * console.log(plan.count, plan.breakdown);
   * if (plan.state === 'ready') await client.execute(plan);
   * ```
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

  /** Returns the state of a plan, and its counts during and after its execution. @throws ApiError plan-unknown */
  async getPlan(plan: string | { readonly id: string }, options: CallOptions = {}): Promise<PlanRecord> {
    checkCall('getPlan', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: planPath(plan), signal });
  }

  /**
   * Executes a plan, once: changes the flows that it found and that still exist, and no others.
   *
   * @throws ApiError plan-unknown, plan-used, plan-expired, or the reason why the plan was refused
   */
  async execute(plan: string | { readonly id: string }, options: ExecuteCallOptions = {}): Promise<Deleted | Updated> {
    checkCall('execute', options, EXECUTE);
    const { signal, idempotencyKey, requestId } = options;
    return this.#transport.json({
      method: 'POST',
      path: `${planPath(plan)}/execute`,
      ...(requestId !== undefined && { headers: { 'x-request-id': requestId } }),
      signal,
      idempotencyKey,
    });
  }

  /**
   * Sets a deadline that no traffic extends: the matching flows end within `within` seconds. Needs the scopes
   * `flows:update` and `flows:delete`.
   *
   * @throws ApiError filter-required, too-many-affected, expect-mismatch; nothing was changed then
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
   * Deletes the flows in `scope` that no filter in `keep` matches. With an empty `keep`, deletes all flows in the
   * scope.
   *
   * @throws ApiError filter-required, too-many-affected, expect-mismatch; nothing was deleted then
   */
  async reconcile(scope: FilterInput, keep: readonly FilterInput[], options: PlannedOptions = {}): Promise<Deleted> {
    checkCall('reconcile', options, PLANNED);
    const { signal, idempotencyKey, ...limits } = options;
    const body = { scope: filterBody(scope), keep: keep.map(filterBody), ...limits };
    return this.#transport.json({ method: 'POST', path: '/conntrack/reconcile', body, signal, idempotencyKey });
  }

  /**
   * Deletes, updates, creates and upserts single flows: up to 1,000 changes. Each has its own outcome, in the order of
   * the list, and a failed change does not stop the others.
   *
   * @throws ApiError scope-missing, body-invalid: nothing was changed. Other errors have the outcomes so far in
   * `problem.result`
   */
  async changes(changes: readonly ListedChangeInput[], options: ChangesOptions = {}): Promise<Changed> {
    checkCall('changes', options, CHANGES);
    const { signal, idempotencyKey, dryRun } = options;
    const list = changes.map(change => ('key' in change ? { ...change, key: keyText(change.key) } : change));
    const body = { changes: list, ...(dryRun !== undefined && { dryRun }) };
    return this.#transport.json({ method: 'POST', path: '/conntrack/changes', body, signal, idempotencyKey });
  }

  /**
   * Returns the table as text that {@link restore} accepts: NDJSON, or lines of `-o save`. With NDJSON, a truncated
   * response is detected.
   *
   * @throws ClientError STREAM_CUT; ApiError, also for a failure halfway
   */
  async *snapshot(filter?: FilterInput, options: SnapshotOptions = {}): AsyncGenerator<string> {
    checkCall('snapshot', options, SNAPSHOT);
    const { signal, format = 'ndjson' } = options;
    const query = queryOf(filter, { format });
    const response = await this.#transport.send({ path: '/conntrack/snapshot', query, accept: '*/*', signal });
    yield* snapshotText(response, format, signal);
  }

  /**
   * Creates entries from a snapshot or from any capture, plain or compressed with gzip. Existing entries are not
   * changed. A stream is sent while it is read, and cannot be repeated. With an `idempotencyKey` the text may have at
   * most 1 MiB.
   *
   * @throws ApiError body-invalid for an invalid line; `problem.result` has the counts so far
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

  /** Flushes the table, or its part with a family, zone or mark. */
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
   * Watches flow events from now on, from `since`, or (with `initial`) from a snapshot of the existing flows. After a
   * broken connection it reconnects and resumes after the last record. It ends when you leave the loop or abort the
   * signal, or with an error.
   *
   * @example
   * ```ts
   * for await (const record of client.watch('proto=tcp', { initial: true, signal })) {
   *   if (record.type === 'resync') flows.clear();
   *   else if (record.type === 'destroy') flows.delete(record.flow.key);
   *   else if ('flow' in record) flows.set(record.flow.key, record.flow);
   * }
   * ```
   * @throws ApiError when the server rejects the watch, or no longer has the events after `since` (410); ClientError
   * WATCH_FAILED
   */
  watch(filter?: FilterInput, options?: WatchOptions): AsyncGenerator<WatchRecord, never> {
    checkCall('watch', options, WATCH);
    return watch(this.#transport, filter, options);
  }

  /** Returns the groups of flows with the most flows, bytes, packets or distinct values. */
  async top(filter: FilterInput | undefined, options: TopOptions): Promise<TopGroups> {
    checkCall('top', options, TOP);
    const { signal, ...parameters } = options;
    return this.#transport.json({ ...asked('/conntrack/top', queryOf(filter, parameters)), signal });
  }

  /**
   * Returns the first flows, rankings of groups and counts, all of the flows that match one filter, with one scan of the
   * server's table: what a screen shows.
   *
   * @example
   * ```ts
   * const { items, groups, meta } = await client.overview('proto=tcp', { sort: '-bytes', limit: 20, groups: [{ by: 'src' }] });
   * console.log(meta.matched, groups[0]?.items, items);
   * ```
   */
  async overview(filter?: FilterInput, options: OverviewOptions = {}): Promise<FlowOverview> {
    checkCall('overview', options, OVERVIEW);
    const { signal, counts = {}, ...rest } = options;
    const named = Object.entries(counts).map(([name, each]) => [name, filterBody(each) || 'all']);
    const body = { ...(filter && { filter: filterBody(filter) || 'all' }), counts: Object.fromEntries(named), ...rest };
    return this.#transport.json({ method: 'POST', path: '/conntrack/overview', body, reads: true, signal });
  }

  /** Lists the connections that helpers (FTP, SIP …) expect. */
  async expectations(options: ExpectationOptions = {}): Promise<ExpectationList> {
    return this.#read('expectations', '/expectations', options, EXPECTATIONS);
  }

  /**
   * Watches expectation events from now on, over one connection. It ends when the server stops. After a `gap` or a
   * broken connection, list the expectations again.
   *
   * @throws ClientError STREAM_CUT
   */
  watchExpectations(options?: WatchExpectationsOptions): AsyncGenerator<ExpectationRecord, void> {
    checkCall('watchExpectations', options, WATCH_EXPECTATIONS);
    return watchExpectations(this.#transport, options);
  }

  /** Deletes one expectation. @throws ApiError not-found */
  async deleteExpectation(expectation: KeyInput, options: CallOptions = {}): Promise<void> {
    checkCall('deleteExpectation', options, CALL);
    const { signal } = options;
    await this.#transport.send({ method: 'DELETE', path: expectationPath(expectation), signal });
  }

  /** Deletes all expectations, or those of one helper. */
  async flushExpectations(options: CallOptions & { helper?: string } = {}): Promise<ExpectationsFlushed> {
    checkCall('flushExpectations', options, FLUSH_EXPECTATIONS);
    const { signal, helper } = options;
    const body = { confirm: 'flush', ...(helper !== undefined && { helper }) };
    return this.#transport.json({ method: 'POST', path: '/expectations/flush', body, signal });
  }

  /** Returns the number of entries, the maximum, and the counters of each CPU since boot. */
  async stats(options: CallOptions = {}): Promise<TableStats> {
    return this.#read('stats', '/stats', options, CALL);
  }

  /** Returns who the server takes the caller for, and what the caller may do. */
  async whoami(options: CallOptions = {}): Promise<Caller> {
    return this.#read('whoami', '/whoami', options, CALL);
  }

  /** Returns the versions of server and API, and the server's name. */
  async version(options: CallOptions = {}): Promise<ServerVersion> {
    return this.#read('version', '/version', options, CALL);
  }

  /** Lists the network namespaces that the caller may use; the server's own, `.`, is the first. */
  async namespaces(options: CallOptions = {}): Promise<ServedNamespace[]> {
    return (await this.#read<{ items: ServedNamespace[] }>('namespaces', '/netns', options, CALL)).items;
  }

  /** Returns what the table records and supports. */
  async capabilities(options: CallOptions = {}): Promise<ServerCapabilities> {
    return this.#read('capabilities', '/capabilities', options, CALL);
  }

  /**
   * Checks the setup of the server's kernel, its table and its counters, and reads the table once.
   *
   * @throws ApiError unsupported for tables other than the kernel's
   */
  async doctor(options: DoctorOptions = {}): Promise<Diagnosis> {
    return this.#read('doctor', '/doctor', options, DOCTOR);
  }

  /** Checks a filter: whether it is valid, or what is wrong and where. An invalid filter is a result, not an error. */
  async checkFilter(
    filter: FilterInput,
    options: CallOptions & { purpose?: 'read' | 'change' } = {},
  ): Promise<FilterCheck> {
    checkCall('checkFilter', options, CHECK);
    const { signal, purpose } = options;
    return this.#transport.json({ path: '/filter/check', query: queryOf(filter, { purpose }), signal });
  }

  /** Explains in words what a filter means, and how the table would be read for it. */
  async explainFilter(filter: FilterInput, options: CallOptions = {}): Promise<FilterExplanation> {
    checkCall('explainFilter', options, CALL);
    const { signal } = options;
    return this.#transport.json({ path: '/filter/explain', query: queryOf(filter), signal });
  }

  /** Returns what can follow at a position of a filter. Default: its end. */
  async completeFilter(text: string, options: CompleteOptions = {}): Promise<FilterCompletions> {
    checkCall('completeFilter', options, COMPLETE);
    const { signal, ...parameters } = options;
    return this.#transport.json({
      path: '/filter/complete',
      query: queryOf(undefined, { text, ...parameters }),
      signal,
    });
  }

  /** Lists the fields of the filter language. */
  async filterFields(options: CallOptions = {}): Promise<FilterField[]> {
    return (await this.#read<{ fields: FilterField[] }>('filterFields', '/filter/fields', options, CALL)).fields;
  }

  /** Reads something that no filter selects, with the options as its query. */
  #read<T>(call: string, path: string, options: CallOptions, known: typeof CALL): Promise<T> {
    checkCall(call, options, known);
    const { signal, ...parameters } = options;
    return this.#transport.json({ path, query: queryOf(undefined, parameters), signal });
  }
}

/** One filter or many, as members of a body. */
const filtersBody = (filter: FilterInput | readonly FilterInput[]): object =>
  Array.isArray(filter) ? { filters: filter.map(filterBody) } : { filter: filterBody(filter as FilterInput) };

/** Whether a query string is short enough for a URL. */
const fits = (query: string): boolean => query.length <= MAX_URL_QUERY;

/** A request with a query string as its body. */
const inBody = (path: string, query: string): Ask => ({ method: 'POST', path, body: query, type: FORM, reads: true });

/** A GET request, or a POST request if the filter is too long for a URL. */
const asked = (path: string, query: string, search = path): Ask =>
  fits(query) ? { path, query } : inBody(search, query);

/** A request for a list. */
const listing = (query: string): Ask => asked('/conntrack', query, '/conntrack/search');
