import type { ByeRecord } from '@conntrack/client/protocol';
import { formatPosition, type Position } from '@conntrack/client/protocol';
import { EVENT_TYPES, type FlowEventType } from '@conntrack/flow';
import { type LocalTable, TableError } from '@conntrack/table';
import type { ChannelOptions } from './channel.js';
import { EVENT_LIMITS, type EventLimits } from './event-limits.js';
import { EventCounters, type EventStats } from './event-stats.js';
import { FIRST } from './recorder.js';
import { Run } from './run.js';
import type { Where } from './selection.js';
import { Semaphore } from './semaphore.js';
import type { JournalReader, Place, Watcher } from './watcher.js';

/** Milliseconds until the next attempt to listen, with `listen: 'start'`. */
const RETRY = 5000;

const ended = (): TableError => new TableError('SOURCE_FAILED', 'the events of the table have ended');

/**
 * The events of a table: received once for all watchers, and kept for a while in a ring of bounded size. The journal
 * listens from the first request for a position until nobody has asked for `linger` milliseconds, or all the time with
 * `listen: 'start'`.
 */
export class EventJournal {
  readonly table: LocalTable;
  readonly reads: Semaphore;
  readonly limits: EventLimits;
  readonly counters = new EventCounters();
  readonly watchers = new Set<Watcher>();
  /** Receives errors that cannot be reported in a response. */
  readonly report: (error: unknown) => void;
  #run: Run | undefined;
  #opening: Promise<Run> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #closed = false;
  /** The message of the last failed attempt to listen, so that it is reported once. */
  #failure = '';

  constructor(table: LocalTable, limits: Partial<EventLimits>, report: (error: unknown) => void) {
    this.table = table;
    this.limits = { ...EVENT_LIMITS, ...limits };
    this.reads = new Semaphore(this.limits.snapshots);
    this.report = report;
    if (this.limits.listen === 'start') void this.#keepListening();
  }

  stats(): EventStats {
    const run = this.#run;
    const { gaps, ...counted } = this.counters;
    const { count: entries = 0, bytes = 0, checked = 0, gone = 0 } = run?.uncertainEnds ?? {};
    return {
      ...counted,
      gaps: { ...gaps },
      listening: run !== undefined,
      subscribers: this.watchers.size,
      uncertainEnds: { entries, bytes, checked, gone },
      matching: run?.selections.matching() ?? { filters: 0, flows: 0, bytes: 0, limit: this.limits.matchingBytes },
      ring: { bytes: run?.ring.bytes ?? 0, events: run?.ring.count ?? 0, limit: this.limits.ring },
    };
  }

  /**
   * The current position of the event stream. A client that reads the table after this call and resumes here with the
   * same filter misses nothing.
   *
   * @throws TableError UNSUPPORTED for a table without events
   * @throws Problem `too-many-flows` when more flows match than can be remembered
   */
  async position(where?: Where, types: readonly FlowEventType[] = EVENT_TYPES): Promise<string> {
    const { epoch, seq } = (await this.begin(undefined, where, types))!;
    return formatPosition(epoch, seq);
  }

  /**
   * The position for a list, if it costs nothing: the server already listens, and the filter needs no memory of which
   * flows match. Otherwise `undefined`.
   */
  freePosition(where?: Where): string | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    const free = where === undefined || run.selections.isFree(where);
    return free ? formatPosition(run.epoch, run.head) : undefined;
  }

  /**
   * Starts to listen, and returns the place to begin at: the current one, or the one of `since`. Returns `undefined`
   * when the events after `since` are no longer kept. If flows can stop matching the filter, the matching flows are
   * known when the promise resolves.
   */
  async begin(
    since: Position | undefined,
    where?: Where,
    types: readonly FlowEventType[] = EVENT_TYPES,
  ): Promise<Place | undefined> {
    const run = await this.#listen();
    const selection = where && run.selections.select(where, types);
    await selection?.ready;
    if (this.#run !== run) throw ended();
    run.flush();
    const now = { epoch: run.epoch, seq: run.head };
    if (since === undefined) return now;
    const first = Math.max(FIRST, run.ring.dropped, selection?.rule.moves ? selection.since : 0);
    const kept = since.epoch === run.epoch && since.seq >= first && since.seq <= run.head;
    return kept ? { epoch: run.epoch, seq: since.seq } : undefined;
  }

  /** Adds a watcher to the current run. The reader's `leave()` removes it. */
  join(watcher: Watcher, options: ChannelOptions): JournalReader {
    const run = this.#run;
    if (run === undefined) throw ended();
    run.flush();
    const channel = run.channels.enter(options);
    this.watchers.add(watcher);
    clearTimeout(this.#idle);
    this.#beat ??= setInterval(() => {
      for (const each of this.watchers) each.beat();
      run.selections.tidy();
    }, this.limits.heartbeat).unref();
    let left = false;
    return {
      channel,
      epoch: run.epoch,
      head: () => run.readable,
      find: seq => run.ring.find(seq),
      lossUnknown: seq => run.lastGap > seq,
      isEndUncertain: row => run.uncertainEnds?.has(row) ?? false,
      leave: () => {
        if (left) return;
        left = true;
        this.watchers.delete(watcher);
        run.channels.leave(channel, options);
        if (this.watchers.size > 0) return;
        clearInterval(this.#beat);
        this.#beat = undefined;
        this.#rest();
      },
    };
  }

  /** Ends all streams and stops listening. */
  close(): void {
    this.#closed = true;
    this.#stop('shutdown');
  }

  /** Called by a run that cannot continue. */
  stop(run: Run, reason: ByeRecord['reason']): void {
    if (this.#run === run) this.#stop(reason);
  }

  #stop(reason: ByeRecord['reason']): void {
    clearTimeout(this.#idle);
    const run = this.#run;
    run?.flush();
    this.#run = undefined;
    for (const watcher of [...this.watchers]) watcher.bye(reason);
    run?.close();
    if (this.limits.listen === 'start') this.#retry();
  }

  /** Keeps listening although nobody watches. */
  async #keepListening(): Promise<void> {
    try {
      await this.#listen();
      this.#failure = '';
    } catch (error) {
      const { message } = error as Error;
      if (this.#failure !== message && !this.#closed) this.report(error);
      this.#failure = message;
      this.#retry();
    }
  }

  #retry(): void {
    clearTimeout(this.#idle);
    if (!this.#closed) this.#idle = setTimeout(() => void this.#keepListening(), RETRY).unref();
  }

  async #listen(): Promise<Run> {
    if (this.#closed) throw new TableError('SOURCE_FAILED', 'the server is stopping');
    if (this.#run === undefined)
      this.#opening ??= this.#open().finally(() => {
        this.#opening = undefined;
      });
    const run = await (this.#opening ?? this.#run!);
    if (this.#run !== run) throw ended();
    this.#rest();
    return run;
  }

  async #open(): Promise<Run> {
    const events = await this.table.events({ types: EVENT_TYPES, buffer: this.limits.buffer });
    this.#run = new Run(events, this);
    const run = this.#run;
    await run.start();
    return run;
  }

  /** Nobody watches: stop listening after the linger time. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.watchers.size > 0 || this.limits.listen === 'start') return;
    this.#idle = setTimeout(() => this.#stop('source-ended'), this.limits.linger).unref();
  }
}
