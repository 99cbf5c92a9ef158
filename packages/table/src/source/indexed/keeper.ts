import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type IndexState, TableError } from '@conntrack/flow/table';
import { FlowIndex } from '@conntrack/index';
import type { LocalTableEvents } from '../events.js';
import type { TableSource } from '../source.js';
import { EventFanOut } from './event-fan-out.js';
import { LookUps } from './look-ups.js';
import { INDEX_DEFAULTS, type IndexOptions } from './options.js';
import { RateDumps } from './rate-dumps.js';

/** Milliseconds that an event may take from the kernel's buffer to this process. */
const LATE = 100;
/** Bytes of a flow, to estimate from the memory limit how many there can be. */
const FLOW_BYTES = 140;
/** Counters of a large table count as current this many times as long as a dump of it takes, so that dumps do not take up all the time. */
const REFRESH_SHARE = 4;
/** At most this many times as long as the option says. */
const REFRESH_DELAY = 10;
/** Expected entries of a table without a limit. */
const UNLIMITED = 1_000_000;

const EVENTS_OFF =
  'the kernel sends no events: net.netfilter.nf_conntrack_events is 0. Set it to 1 or 2 with sysctl, and start again';

/** Makes the error that ends the subscriptions to the events of an index that is switched off. */
const endOf = (cause: unknown): TableError =>
  new TableError(
    'SOURCE_FAILED',
    'the index was switched off, and with it its subscription to events. Subscribe again',
    {
      cause,
    },
  );

/** Keeps an index current: subscribes to events, dumps the table, dumps it again after lost events, and looks up what is uncertain. */
export class IndexKeeper {
  index: FlowIndex;
  readonly #source: TableSource;
  readonly #options: Required<Omit<IndexOptions, 'index' | 'report'>>;
  readonly #report: (error: unknown) => void;
  readonly #ended = new AbortController();
  #lookUps: LookUps;
  readonly #events: LocalTableEvents;
  /** The events, for all who subscribe to them. */
  readonly events = new EventFanOut();
  /** Entries that are older than the listener may send no events. */
  readonly #uncertain: boolean;
  #state: IndexState['state'] = 'syncing';
  #reason: string | undefined;
  #sweeping: Promise<void> | undefined;
  /** When the last complete dump began, by `performance.now`. */
  #dumped = Number.NEGATIVE_INFINITY;
  /** Milliseconds that it took. */
  #took = 0;
  /** Once somebody asked for rates. */
  #rates: RateDumps | undefined;
  /** When the index was current for the last time, in milliseconds since 1970. */
  #asOf: number | undefined;
  #gaps = 0;
  #drift = 0;
  /** Whether lost events explain differences that were not counted yet. */
  #explained = false;
  #received = 0;
  #sweeps = 0;

  private constructor(
    source: TableSource,
    events: LocalTableEvents,
    { index, report = () => {}, ...options }: IndexOptions,
    { capacity, uncertain }: { capacity: number; uncertain: boolean },
  ) {
    this.#source = source;
    this.#events = events;
    this.#options = { ...INDEX_DEFAULTS, ...options };
    this.#report = report;
    this.#uncertain = uncertain;
    this.index = index ?? new FlowIndex({ now: () => performance.now(), capacity });
    this.#lookUps = new LookUps(source, this.index, this.#ended.signal);
  }

  /** Subscribes, and begins to read the table. @throws TableError UNSUPPORTED if the kernel sends no events */
  static async start(source: TableSource, options: IndexOptions): Promise<IndexKeeper> {
    const { max = 0, eventsMode } = await source.capabilities();
    const { maxBytes = INDEX_DEFAULTS.maxBytes, buffer = INDEX_DEFAULTS.buffer } = options;
    const events = await source.events!({ buffer, reliable: true });
    const capacity = Math.min(max === 0 ? UNLIMITED : max, Math.ceil(maxBytes / FLOW_BYTES));
    // If the mode cannot be read, entries are looked up too often rather than never.
    const keeper = new IndexKeeper(source, events, options, { capacity, uncertain: eventsMode !== 1 });
    keeper.#run(keeper.#read());
    keeper.#run(keeper.#sweep(true));
    keeper.#run(keeper.#audit());
    keeper.#run(keeper.#checkUncertain());
    return keeper;
  }

  /** Whether the index is a current copy of the table. */
  get live(): boolean {
    return this.#state === 'live';
  }

  state(): IndexState {
    const { index } = this;
    const asOf = this.#state === 'live' ? Date.now() : this.#asOf;
    return {
      state: this.#state,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      ...(asOf !== undefined && { asOf: new Date(asOf).toISOString() }),
      gaps: this.#gaps,
      entries: index.size,
      bytes: this.#state === 'off' ? 0 : index.bytes,
      uncertain: index.uncertain,
      events: this.#received,
      resyncs: this.#sweeps,
      drift: this.#drift,
    };
  }

  /** Milliseconds for which counters count as current: on large tables, some times as long as a dump takes. */
  get #current(): number {
    const { refreshInterval } = this.#options;
    return Math.max(refreshInterval, Math.min(REFRESH_DELAY * refreshInterval, REFRESH_SHARE * this.#took));
  }

  /**
   * Returns after counters and timeouts were read, by a dump that began after `since`: not long ago. All who ask at the same time share one
   * dump.
   */
  async refresh(signal?: AbortSignal, since = performance.now() - this.#current): Promise<void> {
    while (this.live && this.#dumped < since) {
      signal?.throwIfAborted();
      // A failure switches the index off, and the kernel answers.
      const sweep = this.#sweep(false);
      this.#run(sweep);
      await sweep.catch(() => {});
    }
  }

  /**
   * Returns after rates were measured, with two dumps that were not long ago and not far apart. The first who asks waits for both; who asks
   * again soon needs one at most.
   */
  async refreshRates(signal?: AbortSignal): Promise<void> {
    if (this.#rates === undefined) {
      this.index.keepRates();
      this.#rates = new RateDumps();
      await this.refresh(signal, performance.now());
    } else await this.refresh(signal);
    while (this.live) {
      const next = this.#rates.next(this.#options.refreshInterval, this.#current);
      if (next === undefined) return;
      const wait = Math.max(0, next - performance.now()) + 1;
      await delay(wait, undefined, {
        signal: signal ? AbortSignal.any([this.#ended.signal, signal]) : this.#ended.signal,
      })
        // Without an index there is nothing to wait for.
        .catch(() => signal?.throwIfAborted());
      await this.refresh(signal, next);
    }
  }

  close(): void {
    this.#off('this table was closed');
  }

  /** @param error what subscribers to the events get; without it, their subscriptions just end */
  #off(reason: string, error?: TableError): void {
    if (this.#state === 'off') return;
    if (this.#state === 'live') this.#asOf = Date.now();
    this.#state = 'off';
    this.#reason = reason;
    this.#ended.abort(new DOMException(reason, 'AbortError'));
    this.#events.close();
    this.events.end(error);
    // Frees the memory of the index.
    this.index = new FlowIndex({ now: () => performance.now() });
    this.#lookUps = new LookUps(this.#source, this.index, this.#ended.signal);
  }

  /** Runs a part of the work. If it fails, the index is not current any more and will not be. */
  #run(work: Promise<void>): void {
    work.catch(error => {
      if (this.#state === 'off') return;
      this.#report(error);
      this.#off(`the index failed: ${(error as Error).message}`, endOf(error));
    });
  }

  /** Applies events until the subscription ends. */
  async #read(): Promise<void> {
    const { index } = this;
    for await (const batch of this.#events.batches()) {
      const count = index.events(batch.cursor());
      this.#received += count;
      this.events.publish(batch, count);
      this.#limitMemory();
      if (this.#state === 'off') return;
      if (batch.gap !== undefined) this.#lost();
      else if (index.queued > 0) this.#run(this.#lookUps.drain());
    }
    if (this.#state !== 'off') throw new TableError('SOURCE_FAILED', 'the events of the table have ended');
  }

  #lost(): void {
    this.#gaps++;
    this.#explained = true;
    if (this.#state === 'live') this.#asOf = Date.now();
    this.#state = 'stale';
    this.#run(this.#sweep(false));
  }

  /** Dumps the table. A caller that comes while a dump is running gets the next one. */
  async #sweep(first: boolean): Promise<void> {
    while (this.#sweeping !== undefined) {
      const before = this.#gaps;
      await this.#sweeping;
      // The dump of another caller that began after the last gap is as good.
      if (before === this.#gaps && this.live) return;
    }
    this.#sweeping = this.#sweepOnce(first).finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  async #sweepOnce(first: boolean): Promise<void> {
    const { index } = this;
    const { signal } = this.#ended;
    const before = this.#gaps;
    const began = performance.now();
    if (!this.live) this.#explained = true;
    index.beginSweep({ uncertain: first && this.#uncertain });
    try {
      for await (const rows of this.#source.scan({ signal })) {
        index.presentAll(rows.cursor());
        this.#limitMemory();
      }
    } catch (error) {
      index.abortSweep();
      throw error;
    }
    index.endSweep();
    this.#sweeps++;
    this.#dumped = began;
    this.#took = performance.now() - began;
    this.#rates?.note(began, began + this.#took);
    await this.#lookUps.drain();
    if (this.#state !== 'off' && this.#gaps === before) this.#state = 'live';
    this.#run(this.#measureDrift());
  }

  /** Counts the differences that no event explained in time, unless events were lost: even if that became known after the sweep. */
  async #measureDrift(): Promise<void> {
    const sweeps = this.#sweeps;
    for (let quiet = 0; quiet < 2; ) {
      await delay(LATE, undefined, { signal: this.#ended.signal, ref: false });
      // What arrived during the delay is handled in this turn of the event loop, after timers.
      await turn();
      // A later sweep has differences of its own, and they are counted together.
      if (this.#sweeping !== undefined || this.#sweeps !== sweeps) return;
      quiet = this.#events.hasUnread === true ? 0 : quiet + 1;
    }
    const drift = this.index.takeDrift();
    if (!this.#explained) this.#drift += drift;
    this.#explained = false;
  }

  /** Compares the index with the table at intervals. */
  async #audit(): Promise<void> {
    const { signal } = this.#ended;
    const { auditInterval } = this.#options;
    for (;;) {
      await delay(auditInterval, undefined, { signal, ref: false });
      const { eventsMode } = await this.#source.capabilities();
      if (eventsMode === 0) throw new TableError('UNSUPPORTED', EVENTS_OFF);
      if (performance.now() - this.#dumped >= auditInterval / 2) await this.#sweep(false);
    }
  }

  async #checkUncertain(): Promise<void> {
    const { signal } = this.#ended;
    for (;;) {
      await delay(this.#options.checkInterval, undefined, { signal, ref: false });
      await this.#lookUps.sweepUncertain();
    }
  }

  #limitMemory(): void {
    const { maxBytes } = this.#options;
    if (this.index.bytes <= maxBytes) return;
    this.#off(
      `the index needed more than its maximum of ${maxBytes} bytes for ${this.index.size} entries. Raise the maximum; until then, the kernel answers every question`,
      endOf(undefined),
    );
  }
}
