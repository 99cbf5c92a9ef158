import { parseQuery } from '@conntrack/filter';
import { TableError } from '@conntrack/flow/table';
import type { LocalTable, LocalTableEvents } from '@conntrack/table';
import type { Gap } from '../record.js';
import type { Sink } from '../sink.js';
import { type RecordedEvents, recordsOfEvents, recordsOfRunning } from './event-records.js';

/**
 * Milliseconds between two looks at the flows that still run. Older flows are recorded, so that every flow has a row at
 * least every 30 minutes.
 */
const INTERIM = 15 * 60_000;

/** Milliseconds until a stream of events that failed is opened again. */
const RETRY = 5000;

/** Options of a recorder. */
export interface RecorderOptions {
  /** Where the rows go. */
  readonly sinks: readonly Sink[];
  /** Whether a row is recorded when a translated flow begins. Default: false. */
  readonly nat?: boolean;
  /** Whether a row is recorded when any flow begins. Default: false. */
  readonly starts?: boolean;
  /** Called with what an operator should know. */
  readonly onLog?: (message: string) => void;
  /** Returns the time in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** What a recorder did so far. */
export interface RecorderStats {
  /** Rows that were given to the sinks. */
  readonly rows: number;
  /** Times that events were lost. */
  readonly gaps: number;
}

/** What of a table becomes rows, and with which events. */
interface Stream {
  readonly types: ('new' | 'destroy')[];
  readonly reliable: boolean;
  readonly of: NonNullable<Gap['of']>;
}
const ENDS: Stream = { types: ['destroy'], reliable: true, of: 'ends' };
// A stream of its own: the kernel keeps ends until they are read, and drops starts. Lost starts must not make the ends uncertain.
const STARTS: Stream = { types: ['new'], reliable: false, of: 'starts' };

/**
 * Records what happens in a table: flows that ended, and if wanted flows and NAT mappings that began. It reads events as fast as it can, and
 * never waits for a sink.
 */
export class Recorder {
  readonly #table: LocalTable;
  readonly #options: RecorderOptions;
  readonly #stopped = new AbortController();
  readonly #running: Promise<unknown>[] = [];
  readonly #timer: NodeJS.Timeout;
  #rows = 0;
  #gaps = 0;

  private constructor(table: LocalTable, options: RecorderOptions) {
    this.#table = table;
    this.#options = options;
    this.#timer = setInterval(() => void this.recordRunning(), INTERIM).unref();
  }

  /**
   * Starts to record. Events are subscribed to when this resolves.
   *
   * @throws TableError UNSUPPORTED if the table has no events
   */
  static async start(table: LocalTable, options: RecorderOptions): Promise<Recorder> {
    const recorder = new Recorder(table, options);
    const streams = options.nat || options.starts ? [ENDS, STARTS] : [ENDS];
    try {
      const opened = await Promise.all(streams.map(stream => recorder.#open(stream)));
      for (const [i, stream] of streams.entries()) recorder.#running.push(recorder.#follow(stream, opened[i]!));
    } catch (error) {
      await recorder.close();
      throw error;
    }
    return recorder;
  }

  get stats(): RecorderStats {
    return { rows: this.#rows, gaps: this.#gaps };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #open({ types, reliable }: Stream): Promise<LocalTableEvents> {
    return this.#table.events({ types, reliable, signal: this.#stopped.signal });
  }

  /** Records the events of a stream. If it fails, the loss is recorded, and the stream is opened again. */
  async #follow(stream: Stream, first: LocalTableEvents): Promise<void> {
    let events: LocalTableEvents | undefined = first;
    let lost: number | undefined;
    while (!this.#stopped.signal.aborted) {
      try {
        events ??= await this.#open(stream);
        if (lost !== undefined) this.#lose(stream, lost, 'events were not read for a moment');
        lost = undefined;
        await this.#record(stream, events);
        lost = this.#now();
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        lost ??= this.#now();
        this.#options.onLog?.(`events cannot be recorded: ${(error as Error).message}`);
        await this.#pause();
      }
      events = undefined;
    }
  }

  async #record({ of, reliable }: Stream, events: LocalTableEvents): Promise<void> {
    const { nat = false, starts = false } = this.#options;
    const recorded: RecordedEvents = { nat, starts };
    let read = this.#now();
    for await (const batch of events.batches()) {
      const now = this.#now();
      // Events are lost while the buffer is full: since it was last empty, as far as is known.
      const gap: Gap | undefined = batch.gap && { from: read, to: now, cause: 'kernel', reason: batch.gap.reason, of };
      if (gap !== undefined) this.#gaps++;
      const records = recordsOfEvents(batch, recorded, now, gap === undefined ? [] : [gap]);
      this.#rows += records.rows;
      for (const sink of this.#options.sinks) sink.write(records);
      read = now;
      // The kernel gives up reliable ends when too many wait. They are asked for again once the buffer is empty.
      if (gap !== undefined && reliable) return;
    }
  }

  #lose({ of }: Stream, from: number, reason: string): void {
    this.#gaps++;
    const gaps: Gap[] = [{ from, to: this.#now(), cause: 'kernel', reason, of }];
    const batch = recordsOfRunning([], 0);
    for (const sink of this.#options.sinks) sink.write({ ...batch, gaps });
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(done, RETRY);
      const { signal } = this.#stopped;
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  /** Records the flows that still run and are older than 15 minutes, or of unknown age. Runs by itself every 15 minutes. */
  async recordRunning(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      for await (const flows of this.#old(signal)) {
        if (signal.aborted) return;
        this.#rows += flows.length;
        const batch = recordsOfRunning(flows, this.#now());
        for (const sink of this.#options.sinks) sink.write(batch);
      }
    } catch (error) {
      if (!signal.aborted) this.#options.onLog?.(`running flows cannot be recorded: ${(error as Error).message}`);
    }
  }

  /** Without start times, the age of a flow is unknown, and all are recorded. */
  async *#old(signal: AbortSignal): AsyncGenerator<Parameters<typeof recordsOfRunning>[0]> {
    try {
      yield* this.#table.batches({ filter: parseQuery('age.gte=15m').filter, signal });
    } catch (error) {
      if (!(error instanceof TableError && error.code === 'FIELD_UNAVAILABLE')) throw error;
      yield* this.#table.batches({ signal });
    }
  }

  /** Stops recording. The sinks stay open: close them afterwards. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped.abort();
    await Promise.allSettled(this.#running);
  }
}
