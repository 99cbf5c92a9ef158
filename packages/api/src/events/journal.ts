import { randomBytes } from 'node:crypto';
import { EVENT_TYPES, type Flow, type FlowEventType, type FlowKey, FlowObjectCursor } from '@conntrack/flow';
import {
  type ConntrackTable,
  completed,
  type EventBatch,
  type EventCursor,
  LEFT,
  TableError,
  type TableEvents,
} from '@conntrack/table';
import { Problem } from '../problems.js';
import { Channel, type ChannelOptions, channelName } from './channel.js';
import { formatPosition, type Position } from './position.js';
import type { ByeRecord, GapPlace } from './records.js';
import { EventRing } from './ring.js';
import { Seeder } from './seeder.js';
import { GAP, type Segment, SegmentBuilder } from './segment.js';
import { Selection, selectionName, type Where } from './selection.js';
import { Slots } from './slots.js';
import { UnheardWatch } from './unheard-watch.js';

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
  /**
   * Milliseconds between two look-ups of an entry that may end without an event (10,000): those that were there before the listening began. A
   * flow that ended so is told of this much later, at the most; with more than 200,000 of them, of 50 µs for each.
   */
  verify: number;
  /** Bytes to remember which flows match filters that flows can leave (64 MiB): 11 to 22 for each flow and filter. */
  members: number;
}

export const EVENT_LIMITS: EventLimits = {
  ring: 32 * 1024 * 1024,
  buffer: 50_000,
  heartbeat: 15_000,
  linger: 60_000,
  snapshots: 2,
  verify: 10_000,
  members: 64 * 1024 * 1024,
};

/** Selections that nobody uses, at the most: each costs a look at every event. */
const IDLE_SELECTIONS = 32;

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
  /** Entries looked up because an event did not carry what a filter needs. */
  readonly lookups: number;
  /** Entries that may end without an event: how many there are, their memory, look-ups of them, and how many were found gone. */
  readonly unheard: {
    readonly entries: number;
    readonly bytes: number;
    readonly checked: number;
    readonly gone: number;
  };
  /** Flows that a subscriber's filter was told to have left; one for each filter. */
  readonly left: number;
  /** What is remembered of flows that match filters. */
  readonly members: {
    readonly filters: number;
    readonly flows: number;
    readonly bytes: number;
    readonly limit: number;
  };
  /** Bytes written to subscribers. */
  readonly bytes: number;
  /** What is kept for those who resume. */
  readonly ring: { readonly bytes: number; readonly events: number; readonly limit: number };
}

/** Who is told of new segments. */
export interface Listener {
  /** The filter that it follows. */
  readonly selection: Selection | undefined;
  /** There are new records. */
  pump(): void;
  /** Say where we are, if nothing is under way. */
  beat(): void;
  /** The stream ends. */
  bye(reason: ByeRecord['reason']): void;
}

const UPDATE = 1;
const DESTROY = 2;

/** The first seq of a run: behind it all events are told, and 0 is never resumed from. */
const FIRST = 1;
/** Milliseconds that records gather before they are handed on: one write to 200 subscribers costs some milliseconds. */
const gather = (subscribers: number): number => Math.min(20, 2 + subscribers / 10);

const ended = (): TableError => new TableError('SOURCE_FAILED', 'the events of the table have ended');

const unheardOf = (run: Run | undefined): EventStats['unheard'] => ({
  entries: run?.unheard?.count ?? 0,
  bytes: run?.unheard?.bytes ?? 0,
  checked: run?.unheard?.checked ?? 0,
  gone: run?.unheard?.gone ?? 0,
});

/** What a run remembers of flows. */
function membersOf(run: Run | undefined, limit: number): EventStats['members'] {
  let flows = 0;
  let bytes = 0;
  const selections = [...(run?.selections.values() ?? [])].filter(({ rule }) => rule.moves);
  for (const selection of selections) {
    flows += selection.rule.members.size;
    bytes += selection.bytes;
  }
  return { filters: selections.length, flows, bytes, limit };
}

/** One run of listening: an epoch. */
interface Run {
  readonly epoch: string;
  readonly events: TableEvents;
  readonly ring: EventRing;
  readonly builder: SegmentBuilder;
  readonly channels: Map<string, Channel>;
  readonly selections: Map<string, Selection>;
  readonly seeder: Seeder;
  /** Entries that may end without an event; undefined where all events come. */
  readonly unheard: UnheardWatch | undefined;
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
  #lookups = 0;
  #left = 0;

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
      lookups: this.#lookups,
      left: this.#left,
      unheard: unheardOf(run),
      members: membersOf(run, this.limits.members),
      ring: { bytes: run?.ring.bytes ?? 0, events: run?.ring.count ?? 0, limit: this.limits.ring },
    };
  }

  /**
   * Where the stream of events is now; whoever reads the table after this and resumes here, with the same filter, misses nothing.
   *
   * @throws TableError UNSUPPORTED for a table without events; Problem `too-many-flows` when more flows match than can be remembered
   */
  async position(where?: Where, types: readonly FlowEventType[] = EVENT_TYPES): Promise<string> {
    const { epoch, seq } = (await this.begin(undefined, where, types))!;
    return formatPosition(epoch, seq);
  }

  /**
   * The position that a list can give at no cost: where the server listens already, and need not remember which flows match. A table that cannot be
   * listened to has none.
   */
  freePosition(where?: Where): string | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    const free = where === undefined || !new Selection('', where, EVENT_TYPES, this.#table.wholeEvents).rule.moves;
    return free ? formatPosition(run.epoch, run.head) : undefined;
  }

  /**
   * Listens, and answers the run's place to begin at: `now`, or where a position says. `undefined` when that is not kept any more. Where flows can leave
   * the filter, the flows that match are known then.
   */
  async begin(
    since: Position | undefined,
    where?: Where,
    types: readonly FlowEventType[] = EVENT_TYPES,
  ): Promise<Place | undefined> {
    const run = await this.#listen();
    const selection = where && this.#select(run, where, types);
    await selection?.ready;
    if (this.#run !== run) throw ended();
    this.#flush(run);
    const now = { epoch: run.epoch, seq: run.head };
    if (since === undefined) return now;
    const first = Math.max(FIRST, run.ring.dropped, selection?.rule.moves ? selection.since : 0);
    const kept = since.epoch === run.epoch && since.seq >= first && since.seq <= run.head;
    return kept ? { epoch: run.epoch, seq: since.seq } : undefined;
  }

  /** The run's selection of a filter, made when it is first asked for. */
  #select(run: Run, where: Where, types: readonly FlowEventType[]): Selection {
    const name = selectionName(types, where);
    let selection = run.selections.get(name);
    if (selection === undefined) {
      selection = new Selection(name, where, types, this.#table.wholeEvents);
      // Events that are half told belong to the time before it.
      this.#flush(run);
      run.selections.set(name, selection);
      if (selection.rule.moves) this.#seed(run, selection);
      else selection.since = run.head;
    }
    selection.used = performance.now();
    this.#tidy(run);
    return selection;
  }

  #seed(run: Run, selection: Selection): void {
    selection.ready = run.seeder.seed(selection).then(() => this.#checkRoom(run, selection));
    selection.ready.then(
      () => {
        for (const listener of this.#listeners) listener.pump();
      },
      error => {
        run.selections.delete(selection.name);
        if (this.#run !== run || selection.users === 0) return;
        // Who follows it cannot be told the truth any more.
        this.report(error);
        this.#stop('source-failed');
      },
    );
  }

  /** Lets go of what nobody uses: too many filters, or too many flows. */
  #tidy(run: Run): void {
    const idle = [...run.selections.values()]
      .filter(({ users }) => users === 0)
      .sort((one, other) => one.used - other.used);
    const old = performance.now() - Math.max(this.limits.linger, 1000);
    while (
      idle.length > IDLE_SELECTIONS ||
      (idle[0] !== undefined && idle[0].used < old) ||
      (idle.length > 1 && this.#isFull(run))
    )
      run.selections.delete(idle.shift()!.name);
  }

  #isFull(run: Run): boolean {
    return membersOf(run, this.limits.members).bytes > this.limits.members;
  }

  /** @throws Problem `too-many-flows` */
  #checkRoom(run: Run, selection: Selection): void {
    if (this.#isFull(run)) this.#tidy(run);
    if (!this.#isFull(run)) return;
    throw new Problem(
      'too-many-flows',
      `${selection.rule.members.size} flows match the filter: too many to tell when one of them stops to match. Narrow the filter, or raise the server’s limit for matching flows`,
    );
  }

  /** Adds a listener of a run; what it answers leaves again. */
  join(listener: Listener, options: ChannelOptions): Membership {
    const run = this.#run;
    if (run === undefined) throw ended();
    this.#flush(run);
    const name = channelName(options);
    let channel = run.channels.get(name);
    if (channel === undefined) {
      const { where, types } = options;
      channel = new Channel(run.epoch, options, where && this.#select(run, where, types));
      run.channels.set(name, channel);
      if (channel.selection !== undefined) channel.selection.users++;
    }
    channel.subscribers++;
    this.#listeners.add(listener);
    clearTimeout(this.#idle);
    this.#beat ??= setInterval(() => {
      for (const each of this.#listeners) each.beat();
      this.#tidy(run);
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
        if (--channel.subscribers === 0) this.#drop(run, name, channel);
        if (this.#listeners.size > 0) return;
        clearInterval(this.#beat);
        this.#beat = undefined;
        this.#rest();
      },
    };
  }

  #drop(run: Run, name: string, { selection }: Channel): void {
    run.channels.delete(name);
    if (selection === undefined) return;
    selection.users--;
    selection.used = performance.now();
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
    run.seeder.close();
    run.unheard?.close();
    run.events.close();
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
    const events = await this.#table.events({ types: EVENT_TYPES, buffer: this.limits.buffer });
    const run: Run = {
      epoch: randomBytes(5).toString('hex'),
      events,
      ring: new EventRing(this.limits.ring, FIRST),
      builder: new SegmentBuilder(),
      channels: new Map(),
      selections: new Map(),
      seeder: new Seeder(this.#table, this.slots, () => run.head),
      unheard: this.#table.wholeEvents
        ? undefined
        : new UnheardWatch(
            this.#table,
            { changed: flow => this.#tell(run, UPDATE, flow), gone: flow => this.#tell(run, DESTROY, flow) },
            this.limits.verify,
          ),
      head: FIRST,
      lastGap: 0,
      flushed: 0,
      timer: undefined,
    };
    this.#run = run;
    void this.#read(run);
    await this.#watchUnheard(run);
    return run;
  }

  /** Takes those entries that may end unseen, before anybody is shown the table. */
  async #watchUnheard(run: Run): Promise<void> {
    const fail = (error: unknown): void => {
      if (this.#run !== run) return;
      this.report(error);
      this.#stop('source-failed');
    };
    try {
      await run.unheard?.scan();
    } catch (error) {
      fail(error);
      throw error;
    }
    run.unheard?.run().catch(fail);
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
        const entries = await this.#lookUp(run, batch);
        if (this.#run !== run) return;
        let index = 0;
        for (const cursor = batch.cursor(); cursor.next(); ) this.#take(run, cursor, entries?.get(index++));
        if (run.selections.size > 0) this.#limitMembers(run);
        if (batch.gap !== undefined) this.#gap(run);
        this.#schedule(run);
      }
    } catch (error) {
      this.report(error);
      reason = 'source-failed';
    }
    if (this.#run === run) this.#stop(reason);
  }

  /** The entries that some filter needs and events do not carry, by the event's place in the batch. */
  async #lookUp(run: Run, batch: EventBatch): Promise<Map<number, Flow> | undefined> {
    const rules = [...run.selections.values()].map(({ rule }) => rule).filter(({ moves }) => moves);
    if (rules.length === 0 || this.#table.wholeEvents) return undefined;
    const places: number[] = [];
    const refs: FlowKey[] = [];
    const cursor = batch.cursor();
    for (let index = 0; cursor.next(); index++) {
      const kind = cursor.event();
      if (!rules.some(rule => rule.needsEntry(kind, rule.judge(cursor), cursor))) continue;
      places.push(index);
      refs.push(cursor.ref() as FlowKey);
    }
    const found = new Map<number, Flow>();
    if (refs.length === 0) return found;
    this.#lookups += refs.length;
    const entries = await this.#table.lookupMany(refs);
    for (const [i, entry] of entries.entries()) if (entry?.id === refs[i]!.id) found.set(places[i]!, entry!);
    return found;
  }

  #take(run: Run, cursor: EventCursor, entry: Flow | undefined): void {
    const { builder } = run;
    const kind = cursor.event();
    const time = cursor.eventTime();
    const whole = entry && new FlowObjectCursor(entry);
    run.unheard?.heard(cursor);
    for (const selection of run.selections.values())
      if (selection.take(kind, cursor, whole, builder.count) === LEFT) this.#left++;
    const position = formatPosition(run.epoch, ++run.head);
    const when = time === undefined ? '' : `"time":"${time}",`;
    const row = entry === undefined ? cursor : { flow: () => completed(cursor, entry) };
    builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}","position":"${position}",${when}"flow":`, row);
    this.#received++;
    if (builder.full) this.#flush(run);
  }

  /** Writes what no event told: an entry that changed, or one that is gone. */
  #tell(run: Run, kind: typeof UPDATE | typeof DESTROY, flow: Flow): void {
    if (this.#run !== run) return;
    const { builder } = run;
    const cursor = new FlowObjectCursor().move(flow, EVENT_TYPES[kind]);
    for (const selection of run.selections.values())
      if (kind === DESTROY) selection.takeUnseen(cursor, builder.count);
      else if (selection.take(kind, cursor, cursor, builder.count) === LEFT) this.#left++;
    const position = formatPosition(run.epoch, ++run.head);
    const reason = kind === DESTROY ? '"reason":"unseen",' : '';
    builder.add(kind, `{"type":"${EVENT_TYPES[kind]!}",${reason}"position":"${position}","flow":`, {
      flow: () => flow,
    });
    if (builder.full) this.#flush(run);
    else this.#schedule(run);
  }

  #gap(run: Run): void {
    this.#flush(run);
    this.countGap('kernel', null);
    run.lastGap = ++run.head;
    // Who is told of it writes it: what a gap says of its position depends on the subscriber.
    run.builder.addEmpty(GAP);
    // Who entered and left meanwhile is not known. Subscribers are told of the gap when it is.
    for (const selection of run.selections.values()) if (selection.rule.moves) this.#seed(run, selection);
    this.#flush(run);
  }

  /** Flows that match may have become too many: the filter with the most ends, and its subscribers come back for a snapshot. */
  #limitMembers(run: Run): void {
    if (!this.#isFull(run)) return;
    this.#tidy(run);
    if (!this.#isFull(run)) return;
    const [largest] = [...run.selections.values()].sort((one, other) => other.bytes - one.bytes);
    run.selections.delete(largest!.name);
    for (const listener of [...this.#listeners]) if (listener.selection === largest) listener.bye('too-many-flows');
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
    for (const selection of run.selections.values()) selection.turn(segment);
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
