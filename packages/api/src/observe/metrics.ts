import type { TableStats } from '@conntrack/table';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { EventStats } from '../events/event-stats.js';
import type { ConcurrencyLimiter } from '../limits/concurrency.js';
import type { PlanStore } from '../plans/plan-store.js';
import type { ServedHistory } from '../server/served-history.js';
import type { ServedTables } from '../server/served-tables.js';
import { EVENT_NUMBERS } from './event-numbers.js';
import { HISTORY_NUMBERS } from './history-numbers.js';
import { INDEX_NUMBERS } from './index-numbers.js';
import { RequestCounts } from './request-counts.js';

/** The per-CPU counters that node_exporter exports, under its names. They are gauges there, and so here. */
const NODE_STATS: Readonly<Record<string, readonly [keyof TableStats['total'], string]>> = {
  found: ['found', 'Look-ups that found an entry.'],
  invalid: ['invalid', 'Packets that could not be tracked.'],
  ignore: ['ignore', 'Packets that were tracked already, or needed no tracking.'],
  insert: ['insert', 'Entries inserted into the table.'],
  insert_failed: ['insertFailed', 'Entries that could not be inserted.'],
  drop: ['drop', 'Packets dropped because the table was full.'],
  early_drop: ['earlyDrop', 'Entries evicted to make room.'],
  search_restart: ['searchRestart', 'Look-ups that started over because the table was resized.'],
};

/** State of the listen addresses. */
export interface ListeningStats {
  /** Number of open connections on all addresses. */
  connections(): number;
  /** For each address with TLS, the expiry of its certificate in milliseconds since 1970. */
  certificates(): readonly { address: string; expires: number }[];
}

/** How often files were reloaded while the server ran, by content and outcome. */
export type ReloadCounts = () => readonly { what: string; outcome: 'ok' | 'failed'; count: number }[];

/** The sources of the metrics. */
export interface Observed {
  readonly tables: ServedTables;
  readonly plans: PlanStore;
  readonly dumps: ConcurrencyLimiter;
  readonly listening: ListeningStats | undefined;
  readonly reloads: ReloadCounts | undefined;
  readonly history: ServedHistory | undefined;
  readonly version: string;
}

/** The value of a counter for some labels. */
interface LabelledCount extends Readonly<Record<string, string | number>> {
  readonly count: number;
}

const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

/**
 * The metrics of an application in Prometheus' text format. Label values are bounded: routes, statuses, and network
 * namespaces.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #observed: Observed;
  readonly #requests = new RequestCounts();
  readonly #audits: Counter;
  readonly #refusals: Counter;
  readonly #auditFailures: Counter;
  readonly #counters: Gauge;
  #defaults = false;
  readonly #up: Gauge;
  readonly #tables: { entries: Gauge; limit: Gauge };
  readonly #node: Readonly<Record<string, Gauge>>;

  constructor(observed: Observed) {
    this.#observed = observed;
    const { tables, plans, dumps, version, listening, reloads } = observed;
    this.#up = this.#gauge('conntrack_up', 'Whether the server’s own table could be read.');
    this.#tables = {
      entries: this.#gauge(
        'conntrack_entries',
        'Entries in a network namespace’s table; netns="" is the server’s own.',
        ['netns'],
      ),
      limit: this.#gauge('conntrack_entries_limit', 'Maximum number of entries in a network namespace’s table.', [
        'netns',
      ]),
    };
    this.#node = Object.fromEntries([
      ['entries', this.#gauge('node_nf_conntrack_entries', 'Entries in the table.')],
      ['limit', this.#gauge('node_nf_conntrack_entries_limit', 'Maximum number of entries in the table.')],
      ...Object.entries(NODE_STATS).map(([name, [, help]]) => [
        name,
        this.#gauge(`node_nf_conntrack_stat_${name}`, help),
      ]),
    ]);
    this.#totals('conntrack_http_requests_total', 'HTTP requests answered.', ['operation', 'status'], () =>
      this.#requests.statuses(),
    );
    this.#registry.registerMetric(
      this.#requests.durations(
        'conntrack_http_request_duration_seconds',
        'Seconds until the response, or its first byte, was ready.',
      ),
    );
    this.#audits = this.#counter('conntrack_audit_records_total', 'Requested changes, by outcome.', [
      'operation',
      'outcome',
    ]);
    this.#refusals = this.#counter(
      'conntrack_http_refused_total',
      'Requests rejected because of a missing, invalid or insufficient token.',
      ['code'],
    );
    this.#read('conntrack_dumps_running', 'Running dumps of tables.', () => dumps.running);
    this.#total('conntrack_dumps_total', 'Dumps of tables started.', () => dumps.begun);
    this.#total('conntrack_dumps_refused_total', 'Dumps refused because too many were running.', () => dumps.refused);
    this.#read('conntrack_plans_waiting', 'Plans that wait for execution.', () => plans.size);
    this.#events(tables);
    this.#history(observed.history);
    if (tables.own.table.indexState() !== undefined) this.#indexes(tables);
    this.#gauge('conntrack_build_info', 'Version of the server and of Node.js.', ['version', 'node']).set(
      { version, node: process.version },
      1,
    );
    this.#auditFailures = this.#counter('conntrack_audit_failures_total', 'Log lines that could not be written.', []);
    this.#counters = this.#gauge(
      'conntrack_stat',
      'Counters of a network namespace’s table since boot, summed over all CPUs; netns="" is the server’s own.',
      ['netns', 'counter'],
    );
    if (listening !== undefined) this.#listening(listening);
    if (reloads !== undefined)
      this.#totals(
        'conntrack_reloads_total',
        'Reloads of changed files, by content and outcome.',
        ['what', 'outcome'],
        reloads,
      );
  }

  /** Counts an answered request. */
  request(operation: string, status: number, seconds: number): void {
    this.#requests.add(operation, status, seconds);
  }

  /** Counts a change that was made or failed. */
  audit(operation: string, outcome: string): void {
    this.#audits.inc({ operation, outcome });
  }

  /** Counts a log line that could not be written. */
  auditFailure(): void {
    this.#auditFailures.inc();
  }

  /** Counts a rejected request. */
  refusal(code: string): void {
    this.#refusals.inc({ code });
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as text. A table that cannot be read gives `conntrack_up 0`; all other metrics are still reported. */
  async text(signal: AbortSignal): Promise<string> {
    // Memory, open files and event loop delays are measured from the first scrape on.
    if (!this.#defaults) collectDefaultMetrics({ register: this.#registry });
    this.#defaults = true;
    await this.#readTables(signal);
    return this.#registry.metrics();
  }

  async #readTables(signal: AbortSignal): Promise<void> {
    const { entries, limit } = this.#tables;
    entries.reset();
    limit.reset();
    this.#counters.reset();
    for (const { table, netns } of this.#observed.tables.all())
      try {
        const stats = await table.stats({ signal });
        entries.set({ netns }, stats.count);
        if (stats.max !== undefined) limit.set({ netns }, stats.max);
        for (const [counter, value] of Object.entries(stats.total))
          this.#counters.set({ netns, counter: snakeCase(counter) }, value);
        if (netns === '') this.#setNode(stats);
      } catch {
        if (netns === '') this.#setNode(undefined);
      }
  }

  #setNode(stats: TableStats | undefined): void {
    this.#up.set(stats === undefined ? 0 : 1);
    const set = (name: string, value: number | undefined): void =>
      value === undefined ? this.#node[name]!.remove() : this.#node[name]!.set(value);
    set('entries', stats?.count);
    set('limit', stats?.max);
    for (const [name, [counter]] of Object.entries(NODE_STATS)) set(name, stats?.total[counter]);
  }

  #listening({ connections, certificates }: ListeningStats): void {
    this.#read('conntrack_http_connections', 'Open HTTP connections.', connections);
    const expiry: Gauge = new Gauge({
      name: 'conntrack_certificate_expiry_timestamp_seconds',
      help: 'Expiry of a listen address’s certificate, in seconds since 1970.',
      labelNames: ['address'],
      registers: [this.#registry],
      collect() {
        expiry.reset();
        for (const { address, expires } of certificates()) expiry.set({ address }, expires / 1000);
      },
    });
  }

  #indexes(tables: ServedTables): void {
    for (const { kind, name, help, read } of INDEX_NUMBERS) {
      const sum = (): number => {
        let total = 0;
        for (const { table } of tables.all()) {
          const state = table.indexState();
          if (state !== undefined && 'entries' in state) total += read(state);
        }
        return total;
      };
      if (kind === 'gauge') this.#read(name, help, sum);
      else this.#total(name, help, sum);
    }
  }

  #history(history: ServedHistory | undefined): void {
    const numbers = history?.numbers?.bind(history);
    if (numbers === undefined) return;
    for (const { kind, name, help, read } of HISTORY_NUMBERS) {
      if (kind === 'gauge') this.#read(name, help, () => read(numbers()));
      else this.#total(name, help, () => read(numbers()));
    }
  }

  #events(tables: ServedTables): void {
    const sum =
      (read: (stats: EventStats) => number): (() => number) =>
      () => {
        let total = 0;
        for (const { events } of tables.all()) total += read(events.stats());
        return total;
      };
    for (const { kind, name, help, read } of EVENT_NUMBERS)
      if (kind === 'gauge') this.#read(name, help, sum(read));
      else this.#total(name, help, sum(read));
    this.#totals(
      'conntrack_event_gaps_total',
      'Gaps in event streams, by the place where events were lost.',
      ['place'],
      () =>
        (['kernel', 'ring', 'subscriber'] as const).map(place => ({ place, count: sum(stats => stats.gaps[place])() })),
    );
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter(name: string, help: string, labelNames: string[], collect?: () => void): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry], ...(collect && { collect }) });
  }

  /** A gauge whose value is read at each scrape. */
  #read(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect: () => gauge.set(read()) });
  }

  /** A counter whose value is kept elsewhere. */
  #total(name: string, help: string, read: () => number): void {
    this.#totals(name, help, [], () => [{ count: read() }]);
  }

  /** A counter whose values are kept elsewhere, with their labels. */
  #totals(name: string, help: string, labelNames: string[], read: () => Iterable<LabelledCount>): void {
    const counter: Counter = this.#counter(name, help, labelNames, () => {
      counter.reset();
      for (const { count, ...labels } of read()) counter.inc(labels, count);
    });
  }
}
