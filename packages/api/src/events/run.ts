import { randomBytes } from 'node:crypto';
import type { ByeRecord } from '@conntrack/client/protocol';
import { formatPosition } from '@conntrack/client/protocol';
import { EVENT_TYPES, type Flow, FlowObjectCursor } from '@conntrack/flow';
import {
  completed,
  type EventCursor,
  LEFT,
  type LocalTable,
  type LocalTableEvents,
  TableError,
} from '@conntrack/table';
import { Channel, type ChannelOptions, channelName } from './channel.js';
import type { EventLimits } from './event-limits.js';
import type { EventCounters } from './event-stats.js';
import type { Listener } from './listener.js';
import { EventRing } from './ring.js';
import { Seeder } from './seeder.js';
import { GAP, SegmentBuilder } from './segment.js';
import { Selections } from './selections.js';
import type { Slots } from './slots.js';
import { UnheardWatch } from './unheard-watch.js';

const UPDATE = 1;
const DESTROY = 2;

const EVENTS_OFF =
  'net.netfilter.nf_conntrack_events was set to 0 while the server listened: new flows send no events. All watches end. Set it to 1 or 2 with sysctl';

/** The first seq of a run: behind it all events are told, and 0 is never resumed from. */
export const FIRST = 1;
/** Milliseconds that records gather before they are handed on: one write to 200 subscribers costs some milliseconds. */
const gather = (subscribers: number): number => Math.min(20, 2 + subscribers / 10);

/** What a run of listening belongs to. */
export interface RunHost {
  readonly table: LocalTable;
  readonly limits: EventLimits;
  readonly slots: Slots;
  readonly counters: EventCounters;
  readonly listeners: ReadonlySet<Listener>;
  /** Takes failures that no answer can carry. */
  report(error: unknown): void;
  /** The run cannot go on. */
  stop(run: Run, reason: ByeRecord['reason']): void;
}

/** One run of listening, an epoch: events become records in a ring, and are handed on to those who watch. */
export class Run {
  readonly epoch = randomBytes(5).toString('hex');
  readonly ring: EventRing;
  readonly selections: Selections;
  /** Entries that may end without an event; undefined where all events come. */
  readonly unheard: UnheardWatch | undefined;
  /** The seq of the last record. */
  head = FIRST;
  /** The seq of the last loss in the kernel. */
  lastGap = 0;
  readonly #host: RunHost;
  readonly #events: LocalTableEvents;
  readonly #builder = new SegmentBuilder();
  readonly #channels = new Map<string, Channel>();
  readonly #seeder: Seeder;
  #closed = false;
  #flushed = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The next look at whether the kernel sends events. */
  #look: NodeJS.Timeout | undefined;

  constructor(events: LocalTableEvents, host: RunHost) {
    const { table, limits } = host;
    this.#host = host;
    this.#events = events;
    this.ring = new EventRing(limits.ring, FIRST);
    this.#seeder = new Seeder(table, host.slots, () => this.head);
    this.selections = new Selections(table, limits, this.#seeder, {
      flush: () => this.flush(),
      head: () => this.head,
      ready: () => {
        for (const listener of host.listeners) listener.pump();
      },
      failed: error => this.#fail(error),
    });
    const changed = (flow: Flow): void => this.#tell(UPDATE, flow);
    const gone = (flow: Flow): void => this.#tell(DESTROY, flow);
    this.unheard = table.wholeEvents ? undefined : new UnheardWatch(table, { changed, gone }, limits.verify);
  }

  /** The seq of the last record that can be read. */
  get readable(): number {
    return this.head - this.#builder.count;
  }

  /** Begins to read events, and takes those entries that may end unseen, before anybody is shown the table. */
  async start(): Promise<void> {
    void this.#read();
    try {
      await this.unheard?.scan();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.unheard?.run().catch(error => this.#fail(error));
    this.#lookLater();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#look);
    this.#seeder.close();
    this.unheard?.close();
    this.#events.close();
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.#host.report(error);
    this.#host.stop(this, 'source-failed');
  }

  #lookLater(): void {
    if (!this.#closed) this.#look = setTimeout(() => void this.#checkMode(), this.#host.limits.verify).unref();
  }

  /** Once `nf_conntrack_events` is 0, new flows send no events, and nothing else would say so. */
  async #checkMode(): Promise<void> {
    try {
      const { eventsMode } = await this.#host.table.capabilities();
      if (this.#closed) return;
      if (eventsMode === 0) {
        this.#host.report(new TableError('UNSUPPORTED', EVENTS_OFF));
        this.#host.stop(this, 'events-off');
      }
    } catch (error) {
      if (!this.#closed) this.#host.report(error);
    }
    this.#lookLater();
  }

  /** Adds a subscriber to its channel, which is made with the first. */
  enter(options: ChannelOptions): Channel {
    const name = channelName(options);
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      const { where, types } = options;
      channel = new Channel(this.epoch, options, where && this.selections.select(where, types));
      this.#channels.set(name, channel);
      if (channel.selection !== undefined) channel.selection.users++;
    }
    channel.subscribers++;
    return channel;
  }

  /** Takes a subscriber from its channel. */
  leave(channel: Channel, options: ChannelOptions): void {
    if (--channel.subscribers > 0) return;
    this.#channels.delete(channelName(options));
    const { selection } = channel;
    if (selection === undefined) return;
    selection.users--;
    selection.used = performance.now();
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
        for (const cursor = batch.cursor(); cursor.next(); ) this.#take(cursor, entries?.get(index++));
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

  #take(cursor: EventCursor, entry: Flow | undefined): void {
    const builder = this.#builder;
    const { counters } = this.#host;
    const kind = cursor.event();
    const time = cursor.eventTime();
    const whole = entry && new FlowObjectCursor(entry);
    this.unheard?.heard(cursor);
    for (const selection of this.selections.all())
      if (selection.take(kind, cursor, whole, builder.count) === LEFT) counters.left++;
    const position = formatPosition(this.epoch, ++this.head);
    const when = time === undefined ? '' : `"time":"${time}",`;
    const row = entry === undefined ? cursor : { flow: () => completed(cursor, entry) };
    builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}","position":"${position}",${when}"flow":`, row);
    counters.received++;
    if (builder.full) this.flush();
  }

  /** Writes what no event told: an entry that changed, or one that is gone. */
  #tell(kind: typeof UPDATE | typeof DESTROY, flow: Flow): void {
    if (this.#closed) return;
    const builder = this.#builder;
    const cursor = new FlowObjectCursor().move(flow, EVENT_TYPES[kind]);
    for (const selection of this.selections.all())
      if (kind === DESTROY) selection.takeUnseen(cursor, builder.count);
      else if (selection.take(kind, cursor, cursor, builder.count) === LEFT) this.#host.counters.left++;
    const position = formatPosition(this.epoch, ++this.head);
    const reason = kind === DESTROY ? '"reason":"unseen",' : '';
    builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}",${reason}"position":"${position}","flow":`, {
      flow: () => flow,
    });
    if (builder.full) this.flush();
    else this.#schedule();
  }

  #gap(): void {
    this.flush();
    this.#host.counters.countGap('kernel', null);
    this.lastGap = ++this.head;
    // Who is told of it writes it: what a gap says of its position depends on the subscriber.
    this.#builder.addEmpty(GAP);
    // Subscribers are told of the gap when it is known which flows match.
    this.selections.seedAnew();
    this.flush();
  }

  /** Flows that match may have become too many: the filter with the most ends, and its subscribers come back for a snapshot. */
  #limitMembers(): void {
    const largest = this.selections.dropLargest();
    if (largest === undefined) return;
    for (const listener of [...this.#host.listeners])
      if (listener.selection === largest) listener.bye('too-many-flows');
  }

  /** What has gathered is handed on: at once after a quiet time, otherwise with what comes in a few milliseconds. */
  #schedule(): void {
    if (this.#builder.count === 0 || this.#timer !== undefined) return;
    const wait = this.#flushed + gather(this.#host.listeners.size) - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Hands on what has gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#builder.count === 0) return;
    const segment = this.#builder.build(this.head);
    this.#flushed = performance.now();
    this.ring.push(segment);
    for (const selection of this.selections.all()) selection.turn(segment);
    for (const channel of this.#channels.values()) channel.turn(segment);
    for (const listener of this.#host.listeners) listener.pump();
  }
}
