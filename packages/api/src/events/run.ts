import { randomBytes } from 'node:crypto';
import type { ByeRecord } from '@conntrack/client/protocol';
import type { Flow } from '@conntrack/flow';
import type { LocalTable, LocalTableEvents } from '@conntrack/table';
import { Channels } from './channels.js';
import type { EventLimits } from './event-limits.js';
import type { EventCounters } from './event-stats.js';
import { watchEventsMode } from './events-mode.js';
import { DESTROY, FIRST, Recorder, UPDATE } from './recorder.js';
import { EventRing } from './ring.js';
import { Seeder } from './seeder.js';
import { Selections } from './selections.js';
import type { Semaphore } from './semaphore.js';
import { UncertainEndsWatch } from './uncertain-ends-watch.js';
import type { Watcher } from './watcher.js';

/**
 * Milliseconds that records are collected before they are sent: one write to 200 subscribers takes a few milliseconds.
 */
const gather = (subscribers: number): number => Math.min(20, 2 + subscribers / 10);

/** What a run needs from the journal that owns it. */
export interface RunHost {
  readonly table: LocalTable;
  readonly limits: EventLimits;
  readonly reads: Semaphore;
  readonly counters: EventCounters;
  readonly watchers: ReadonlySet<Watcher>;
  /** Receives errors that cannot be reported in a response. */
  report(error: unknown): void;
  /** Called by a run that cannot continue. */
  stop(run: Run, reason: ByeRecord['reason']): void;
}

/**
 * A run: one uninterrupted time of listening, with an epoch of its own. Events become records in a ring, and are sent
 * to the watchers.
 */
export class Run {
  readonly epoch = randomBytes(5).toString('hex');
  readonly ring: EventRing;
  readonly selections: Selections;
  readonly channels: Channels;
  /** Entries that may end without an event. `undefined` where every entry sends its events. */
  readonly uncertainEnds: UncertainEndsWatch | undefined;
  readonly #host: RunHost;
  readonly #events: LocalTableEvents;
  readonly #recorder: Recorder;
  readonly #seeder: Seeder;
  #closed = false;
  #flushed = 0;
  #timer: NodeJS.Timeout | undefined;
  #endModeWatch: (() => void) | undefined;

  constructor(events: LocalTableEvents, host: RunHost) {
    const { table, limits } = host;
    this.#host = host;
    this.#events = events;
    this.#recorder = new Recorder(this.epoch, host.counters, () => this.selections.all());
    this.ring = new EventRing(limits.ring, FIRST);
    this.#seeder = new Seeder(table, host.reads, () => this.head);
    this.selections = new Selections(table, limits, this.#seeder, {
      flush: () => this.flush(),
      head: () => this.head,
      ready: () => {
        for (const watcher of host.watchers) watcher.pump();
      },
      failed: error => this.#fail(error),
    });
    this.channels = new Channels(this.epoch, this.selections);
    const changed = (flow: Flow): void => this.#tell(UPDATE, flow);
    const gone = (flow: Flow): void => this.#tell(DESTROY, flow);
    this.uncertainEnds =
      (table.certainEnds ?? table.wholeEvents)
        ? undefined
        : new UncertainEndsWatch(table, { changed, gone }, limits.checkInterval);
  }

  /** The sequence number of the last record. */
  get head(): number {
    return this.#recorder.head;
  }
  /** The sequence number of the last record that can be read. */
  get readable(): number {
    return this.head - this.#recorder.pending;
  }
  /** The sequence number of the last gap in the kernel's events. */
  get lastGap(): number {
    return this.#recorder.lastGap;
  }

  /**
   * Starts to read events. Resolves after the entries that may end without an event are known: only then may a
   * subscriber read the table.
   */
  async start(): Promise<void> {
    void this.#read();
    try {
      await this.uncertainEnds?.scan();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.uncertainEnds?.run().catch(error => this.#fail(error));
    if (!this.#closed) this.#watchMode();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#endModeWatch?.();
    this.#seeder.close();
    this.uncertainEnds?.close();
    this.#events.close();
  }

  #watchMode(): void {
    const host = this.#host;
    this.#endModeWatch = watchEventsMode(host.table, host.limits.checkInterval, {
      off: error => {
        host.report(error);
        host.stop(this, 'events-off');
      },
      failed: error => host.report(error),
    });
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#host.report(error);
    this.#host.stop(this, 'source-failed');
  }

  async #read(): Promise<void> {
    const { counters } = this.#host;
    let reason: ByeRecord['reason'] = 'source-ended';
    const count = (lookups: number): void => {
      counters.lookups += lookups;
    };
    try {
      for await (const batch of this.#events.batches()) {
        if (this.#closed) return;
        const entries = await this.selections.lookUp(batch, count);
        if (this.#closed) return;
        let index = 0;
        for (const cursor = batch.cursor(); cursor.next(); ) {
          this.uncertainEnds?.sawEvent(cursor);
          this.#recorder.event(cursor, entries?.get(index++));
          if (this.#recorder.full) this.flush();
        }
        this.#limitMembers();
        if (batch.gap !== undefined) this.#gap();
        this.#schedule();
      }
    } catch (error) {
      this.#host.report(error);
      reason = 'source-failed';
    }
    if (!this.#closed) this.#host.stop(this, reason);
  }

  /** Records what a look-up found without an event. */
  #tell(kind: typeof UPDATE | typeof DESTROY, flow: Flow): void {
    if (this.#closed) return;
    this.#recorder.missed(kind, flow);
    if (this.#recorder.full) this.flush();
    else this.#schedule();
  }

  #gap(): void {
    this.flush();
    this.#recorder.gap();
    // Subscribers get the gap once it is known again which flows match.
    this.selections.seedAnew();
    this.flush();
  }

  /**
   * If too many flows match, drops the largest selection and ends its streams. Its subscribers can come back for a
   * snapshot.
   */
  #limitMembers(): void {
    const largest = this.selections.dropLargest();
    if (largest === undefined) return;
    for (const watcher of [...this.#host.watchers]) if (watcher.selection === largest) watcher.bye('too-many-flows');
  }

  /**
   * Sends collected records: at once after a quiet time, otherwise together with the records of the next few
   * milliseconds.
   */
  #schedule(): void {
    if (this.#recorder.pending === 0 || this.#timer !== undefined) return;
    const wait = this.#flushed + gather(this.#host.watchers.size) - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Sends the collected records now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#recorder.pending === 0) return;
    const segment = this.#recorder.take();
    this.#flushed = performance.now();
    this.ring.push(segment);
    for (const selection of this.selections.all()) selection.turn(segment);
    this.channels.turn(segment);
    for (const watcher of this.#host.watchers) watcher.pump();
  }
}
