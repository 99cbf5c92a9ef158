import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Flow, FlowChange, FlowRef, NewFlow } from '@conntrack/flow';
import { checkOptions } from '@conntrack/flow/checks';
import type { IndexState, SourceInfo, TableCapabilities, TableFlushScope } from '@conntrack/flow/table';
import type { CpuStats, Dropped } from '@conntrack/netlink';
import { selectEvents } from '../../events/selected-events.js';
import { needsDump } from '../../read/read-scan.js';
import type { LocalEventOptions, LocalTableEvents } from '../events.js';
import type { TableFacts } from '../facts.js';
import type { KernelSource } from '../kernel/kernel-source.js';
import { unmeasured } from '../requirements.js';
import type { RowBatch, RowCursor } from '../rows.js';
import type { ChangeOutcome, Check, ScanOptions, SortedOptions, SortedRows, TableSource } from '../source.js';
import { IndexKeeper } from './keeper.js';
import { INDEX_RULES, type IndexOptions } from './options.js';
import { SortedViews } from './sorted-views.js';

/** Milliseconds after an own change for which the kernel answers: the event of the change may still be on its way. */
const OWN_CHANGE = 200;
/** Rows of a batch: some milliseconds of work for their reader. */
const ROWS = 4096;

/**
 * The kernel's table with an index: a copy in memory that events keep current. Scans that allow a copy read the index; everything else,
 * and every scan while the index is not current, goes to the kernel. Changes never use the index.
 */
export class IndexedSource implements TableSource {
  readonly info: SourceInfo;
  readonly expectations: KernelSource['expectations'];
  readonly #kernel: KernelSource;
  readonly #keeper: IndexKeeper;
  readonly #views = new SortedViews();
  /** When this source changed the table for the last time, by `performance.now`. */
  #changed = Number.NEGATIVE_INFINITY;

  private constructor(kernel: KernelSource, keeper: IndexKeeper) {
    this.#kernel = kernel;
    this.#keeper = keeper;
    this.info = kernel.info;
    this.expectations = kernel.expectations;
  }

  /** Starts an index over the kernel's table, which then belongs to the source. @throws TableError UNSUPPORTED if the kernel sends no events */
  static async open(kernel: KernelSource, options: IndexOptions = {}): Promise<IndexedSource> {
    checkOptions('IndexedSource.open', options, INDEX_RULES);
    return new IndexedSource(kernel, await IndexKeeper.start(kernel, options));
  }

  async capabilities(): Promise<TableCapabilities> {
    return { ...(await this.#kernel.capabilities()), index: this.#keeper.state() };
  }

  indexState(): IndexState {
    return this.#keeper.state();
  }

  size(): Promise<number> {
    return this.#kernel.size();
  }

  async *scan({ filter, signal, copy = false, current = false, measured }: ScanOptions): AsyncGenerator<RowBatch> {
    const keeper = this.#keeper;
    const options = { ...(filter && { filter }), ...(signal && { signal }) };
    if (measured !== undefined) await this.#settle(signal);
    else if (!copy || this.#unsettled > 0 || !keeper.live) return yield* this.#kernel.scan(options);
    await this.#refresh({ current: current || (filter !== undefined && needsDump(filter)), measured }, signal);
    if (!keeper.live) {
      if (measured !== undefined) throw unmeasured(this);
      return yield* this.#kernel.scan(options);
    }
    const { index } = keeper;
    const rows = filter && index.rowsFor(filter);
    const end = rows?.length ?? index.high;
    for (let from = rows === undefined ? 1 : 0; from < end; from += ROWS) {
      signal?.throwIfAborted();
      yield { cursor: () => index.cursor(rows, from, Math.min(end, from + ROWS)).with(measured ?? {}) };
      await turn();
    }
  }

  /** @returns a view that is kept for some seconds; `undefined` if the index is not current */
  async sorted({ filter, sort, signal, current, measured }: SortedOptions): Promise<SortedRows | undefined> {
    const keeper = this.#keeper;
    if (measured === undefined && !keeper.live) return undefined;
    const settled = this.#changed + OWN_CHANGE;
    await this.#settle(signal);
    const reads = { current: current || (filter !== undefined && needsDump(filter)), measured };
    const after = measured?.rates ? 'rates' : reads.current ? 'counters' : '';
    const view = await this.#views.get({ sort, after, ...(filter && { filter }) }, settled, async () => {
      await this.#refresh(reads);
      return keeper.index;
    });
    signal?.throwIfAborted();
    if (keeper.live)
      return {
        matched: view.matched,
        scanned: view.scanned,
        cursor: (from, end) => view.cursor(from, end).with(measured ?? {}),
      };
    if (measured !== undefined) throw unmeasured(this);
    return undefined;
  }

  /** Milliseconds until the events of the last own change have certainly arrived. */
  get #unsettled(): number {
    return this.#changed + OWN_CHANGE - performance.now();
  }

  /** Waits for the events of own changes. */
  async #settle(signal: AbortSignal | undefined): Promise<void> {
    const wait = this.#unsettled;
    if (wait > 0) await delay(wait + 1, undefined, signal && { signal });
  }

  /** Reads what events do not keep current, as far as it is needed. */
  #refresh(
    { current, measured }: { current: boolean; measured: ScanOptions['measured'] | undefined },
    signal?: AbortSignal,
  ): Promise<void> {
    if (measured?.rates) return this.#keeper.refreshRates(signal);
    return current ? this.#keeper.refresh(signal) : Promise.resolve();
  }

  get(ref: FlowRef, signal?: AbortSignal): Flow | undefined {
    return this.#kernel.get(ref, signal);
  }

  row(ref: FlowRef, signal?: AbortSignal): RowCursor | undefined {
    return this.#kernel.row(ref, signal);
  }

  getMany(refs: readonly FlowRef[], signal?: AbortSignal): Promise<(Flow | undefined)[]> {
    return this.#kernel.getMany(refs, signal);
  }

  create(flow: NewFlow, signal?: AbortSignal): Promise<readonly Dropped[]> {
    return this.#changing(this.#kernel.create(flow, signal));
  }

  checkCreate(flow: NewFlow): Promise<void> {
    return this.#kernel.checkCreate(flow);
  }

  checkChange(change: FlowChange): Promise<void> {
    return this.#kernel.checkChange(change);
  }

  update(ref: FlowRef, change: FlowChange, signal?: AbortSignal): Promise<void> {
    return this.#changing(this.#kernel.update(ref, change, signal));
  }

  delete(ref: FlowRef, signal?: AbortSignal): Promise<void> {
    return this.#changing(this.#kernel.delete(ref, signal));
  }

  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome> {
    return this.#changingEach(this.#kernel.deleteMany(refs, signal, check));
  }

  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncIterable<ChangeOutcome> {
    return this.#changingEach(this.#kernel.updateMany(refs, change, signal, check));
  }

  #changing<T>(change: Promise<T>): Promise<T> {
    return change.finally(() => {
      this.#changed = performance.now();
    });
  }

  /** Notes the time of each step. A step that finds no more outcomes comes after the last change. */
  #changingEach(outcomes: AsyncIterableIterator<ChangeOutcome>): AsyncIterableIterator<ChangeOutcome> {
    const note = (): void => {
      this.#changed = performance.now();
    };
    return {
      next() {
        note();
        return outcomes.next();
      },
      async return() {
        await outcomes.return?.();
        note();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  flushes(scope: TableFlushScope): Promise<boolean> {
    return this.#kernel.flushes(scope);
  }

  flush(scope: TableFlushScope, signal?: AbortSignal): Promise<void> {
    return this.#changing(this.#kernel.flush(scope, signal));
  }

  /** One subscription to the kernel serves the index and all who subscribe. */
  async events(options: LocalEventOptions): Promise<LocalTableEvents> {
    const keeper = this.#keeper;
    const { eventsMode } = await this.#kernel.capabilities();
    if (keeper.state().state === 'off' || eventsMode === 0) return this.#kernel.events(options);
    return selectEvents(this.#kernel, options, wanted => keeper.events.subscribe(wanted));
  }

  facts(signal?: AbortSignal): Promise<TableFacts> {
    return this.#kernel.facts(signal);
  }

  stats(signal?: AbortSignal): Promise<CpuStats[]> {
    return this.#kernel.stats(signal);
  }

  close(): void {
    this.#keeper.close();
    this.#views.clear();
    this.#kernel.close();
  }
}
