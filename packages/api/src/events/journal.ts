import { randomBytes } from 'node:crypto';
import { EVENT_TYPES } from '@conntrack/flow';
import { type ConntrackTable, type EventCursor, TableError, type TableEvents } from '@conntrack/table';
import { Channel, type ChannelOptions, channelName } from './channel.js';
import { formatPosition, type Position } from './position.js';
import type { ByeRecord, GapPlace } from './records.js';
import { EventRing } from './ring.js';
import { GAP, type Segment, SegmentBuilder } from './segment.js';
import { Slots } from './slots.js';

/** Bounds of the event streams of one server. */
export interface EventLimits {
  /** Bytes of events that are kept for those who resume or fall behind (32 MiB). */
  ring: number;
  /** Events that the kernel keeps for the server (50,000). */
  buffer: number;
  /** Milliseconds between bookmarks (15,000). */
  heartbeat: number;
  /** Milliseconds that the server goes on listening when nobody watches (60,000): so long a list's position is good. */
  linger: number;
  /** Snapshots written at once; more wait, events do not (2). */
  snapshots: number;
}

export const EVENT_LIMITS: EventLimits = {
  ring: 32 * 1024 * 1024,
  buffer: 50_000,
  heartbeat: 15_000,
  linger: 60_000,
  snapshots: 2,
};

/** What the event streams of a server are doing, and have done: for metrics. */
export interface EventStats {
  /** Whether the server listens to its table now. */
  readonly listening: boolean;
  readonly subscribers: number;
  /** Events that came from the table. */
  readonly received: number;
  /** How often events were lost: before they came here, before somebody resumed, and by slow subscribers. */
  readonly gaps: Readonly<Record<GapPlace, number>>;
  /** Events that slow subscribers lost, as far as they could be counted. */
  readonly dropped: number;
  /** Snapshots begun. */
  readonly snapshots: number;
  /** Bytes written to subscribers. */
  readonly bytes: number;
  /** What is kept for those who resume. */
  readonly ring: { readonly bytes: number; readonly events: number; readonly limit: number };
}

/** Who is told of new segments. */
export interface Listener {
  /** There are new records. */
  pump(): void;
  /** Say where we are, if nothing is under way. */
  beat(): void;
  /** The stream ends. */
  bye(reason: ByeRecord['reason']): void;
}

/** The first seq of a run: behind it all events are told, and 0 is never resumed from. */
const FIRST = 1;
/** Milliseconds that records gather before they are handed on: one write to 200 subscribers costs some milliseconds. */
const gather = (subscribers: number): number => Math.min(20, 2 + subscribers / 10);

/** One run of listening: an epoch. */
interface Run {
  readonly epoch: string;
  readonly events: TableEvents;
  readonly ring: EventRing;
  readonly builder: SegmentBuilder;
  readonly channels: Map<string, Channel>;
  /** The seq of the last record. */
  head: number;
  /** The seq of the last loss in the kernel. */
  lastGap: number;
  flushed: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The events of a table, listened to once for all who watch, and kept for a while in a ring that is bounded in bytes. It listens from the first
 * position that is asked for until nobody has asked for long.
 */
export class EventJournal {
  readonly slots: Slots;
  readonly limits: EventLimits;
  readonly #table: ConntrackTable;
  /** Takes failures that no answer can carry. */
  readonly report: (error: unknown) => void;
  readonly #listeners = new Set<Listener>();
  readonly #gaps = { kernel: 0, ring: 0, subscriber: 0 };
  #run: Run | undefined;
  #opening: Promise<Run> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;
  #closed = false;
  #received = 0;
  #dropped = 0;
  #snapshots = 0;
  #bytes = 0;

  constructor(table: ConntrackTable, limits: Partial<EventLimits>, report: (error: unknown) => void) {
    this.#table = table;
    this.limits = { ...EVENT_LIMITS, ...limits };
    this.slots = new Slots(this.limits.snapshots);
    this.report = report;
  }

  stats(): EventStats {
    const run = this.#run;
    return {
      listening: run !== undefined,
      subscribers: this.#listeners.size,
      received: this.#received,
      gaps: { ...this.#gaps },
      dropped: this.#dropped,
      snapshots: this.#snapshots,
      bytes: this.#bytes,
      ring: { bytes: run?.ring.bytes ?? 0, events: run?.ring.count ?? 0, limit: this.limits.ring },
    };
  }

  /**
   * Where the stream of events is now; whoever reads the table after this and resumes here misses nothing.
   *
   * @throws TableError UNSUPPORTED for a table without events.
   */
  async position(): Promise<string> {
    const run = await this.#listen();
    return formatPosition(run.epoch, run.head);
  }

  /** The same for lists: a table that cannot be listened to has no position, and is read all the same. */
  async positionOrNone(): Promise<string | undefined> {
    try {
      return await this.position();
    } catch (error) {
      if (!(error instanceof TableError && error.code === 'UNSUPPORTED')) this.report(error);
      return undefined;
    }
  }

  /** Listens, and answers the run's place to begin at: `now`, or where a position says. `undefined` when that is not kept any more. */
  async begin(since: Position | undefined): Promise<Place | undefined> {
    const run = await this.#listen();
    this.#flush(run);
    const now = { epoch: run.epoch, seq: run.head };
    if (since === undefined) return now;
    const kept = since.epoch === run.epoch && since.seq >= Math.max(FIRST, run.ring.dropped) && since.seq <= run.head;
    return kept ? { epoch: run.epoch, seq: since.seq } : undefined;
  }

  /** Adds a listener of a run; what it answers leaves again. */
  join(listener: Listener, options: ChannelOptions): Membership {
    const run = this.#run;
    if (run === undefined) throw new TableError('SOURCE_FAILED', 'the events of the table have ended');
    this.#flush(run);
    const name = channelName(options);
    const channel = run.channels.get(name) ?? new Channel(run.epoch, options);
    run.channels.set(name, channel);
    channel.subscribers++;
    this.#listeners.add(listener);
    clearTimeout(this.#idle);
    this.#beat ??= setInterval(() => {
      for (const each of this.#listeners) each.beat();
    }, this.limits.heartbeat).unref();
    let left = false;
    return {
      channel,
      epoch: run.epoch,
      head: () => run.head - run.builder.count,
      find: seq => run.ring.find(seq),
      lossUnknown: seq => run.lastGap > seq,
      leave: () => {
        if (left) return;
        left = true;
        this.#listeners.delete(listener);
        if (--channel.subscribers === 0) run.channels.delete(name);
        if (this.#listeners.size > 0) return;
        clearInterval(this.#beat);
        this.#beat = undefined;
        this.#rest();
      },
    };
  }

  /** Counts a loss that a subscriber was told of. */
  countGap(where: GapPlace, lost: number | null): void {
    this.#gaps[where]++;
    this.#dropped += lost ?? 0;
  }
  countSnapshot(): void {
    this.#snapshots++;
  }
  countBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Says goodbye to all subscribers and listens no more. */
  close(): void {
    this.#closed = true;
    this.#stop('shutdown');
  }

  #stop(reason: ByeRecord['reason']): void {
    clearTimeout(this.#idle);
    const run = this.#run;
    if (run !== undefined) this.#flush(run);
    this.#run = undefined;
    for (const listener of [...this.#listeners]) listener.bye(reason);
    if (run === undefined) return;
    clearTimeout(run.timer);
    run.events.close();
  }

  async #listen(): Promise<Run> {
    if (this.#closed) throw new TableError('SOURCE_FAILED', 'the server is stopping');
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    const run = this.#run ?? (await this.#opening);
    this.#rest();
    return run;
  }

  async #open(): Promise<Run> {
    if (this.#run !== undefined) return this.#run;
    const events = await this.#table.events({ types: EVENT_TYPES, buffer: this.limits.buffer });
    const run: Run = {
      epoch: randomBytes(5).toString('hex'),
      events,
      ring: new EventRing(this.limits.ring, FIRST),
      builder: new SegmentBuilder(),
      channels: new Map(),
      head: FIRST,
      lastGap: 0,
      flushed: 0,
      timer: undefined,
    };
    this.#run = run;
    void this.#read(run);
    return run;
  }

  /** Nobody listens, from now on: after a while we do not either. */
  #rest(): void {
    clearTimeout(this.#idle);
    if (this.#listeners.size > 0) return;
    this.#idle = setTimeout(() => this.#stop('source-ended'), this.limits.linger).unref();
  }

  async #read(run: Run): Promise<void> {
    let reason: ByeRecord['reason'] = 'source-ended';
    try {
      for await (const batch of run.events.batches()) {
        if (this.#run !== run) return;
        for (const cursor = batch.cursor(); cursor.next(); ) this.#take(run, cursor);
        if (batch.gap !== undefined) this.#gap(run);
        this.#schedule(run);
      }
    } catch (error) {
      this.report(error);
      reason = 'source-failed';
    }
    if (this.#run === run) this.#stop(reason);
  }

  #take(run: Run, cursor: EventCursor): void {
    const { builder } = run;
    const kind = cursor.event();
    const time = cursor.eventTime();
    for (const channel of run.channels.values()) channel.look(kind, cursor, builder.count);
    const position = formatPosition(run.epoch, ++run.head);
    const when = time === undefined ? '' : `"time":"${time}",`;
    builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}","position":"${position}",${when}"flow":`, cursor);
    this.#received++;
    if (builder.full) this.#flush(run);
  }

  #gap(run: Run): void {
    this.#flush(run);
    this.countGap('kernel', null);
    run.lastGap = ++run.head;
    // Who is told of it writes it: what a gap says of its position depends on the subscriber.
    run.builder.addEmpty(GAP);
    this.#flush(run);
  }

  /** What has gathered is handed on: at once after a quiet time, otherwise with what comes in a few milliseconds. */
  #schedule(run: Run): void {
    if (run.builder.count === 0 || run.timer !== undefined) return;
    const wait = run.flushed + gather(this.#listeners.size) - performance.now();
    if (wait <= 0) this.#flush(run);
    else run.timer = setTimeout(() => this.#flush(run), wait);
  }

  #flush(run: Run): void {
    clearTimeout(run.timer);
    run.timer = undefined;
    if (run.builder.count === 0) return;
    const segment = run.builder.build(run.head);
    run.flushed = performance.now();
    run.ring.push(segment);
    for (const channel of run.channels.values()) channel.turn(segment);
    for (const listener of this.#listeners) listener.pump();
  }
}

/** Where a subscriber stands: behind this record. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
}

/** What a subscriber has of the journal. */
export interface Membership {
  readonly channel: Channel;
  readonly epoch: string;
  /** The seq of the last record that can be read. */
  head(): number;
  /** The segment that holds a record; `undefined` when it is gone. */
  find(seq: number): Segment | undefined;
  /** Whether the kernel lost events behind a record: then nobody knows how many were lost. */
  lossUnknown(seq: number): boolean;
  leave(): void;
}
