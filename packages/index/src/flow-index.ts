import type { Filter } from '@conntrack/filter';
import type { Direction, FlowRef, Tuple } from '@conntrack/flow';
import { PackedEntry, packCursor, packIdentity } from '@conntrack/flow/codec';
import { type Clocks, ColumnClock } from './clock.js';
import type { EntryInput, EntryInputs } from './entry-input.js';
import { IndexCursor } from './rows/index-cursor.js';
import { selectRows } from './rows/select-rows.js';
import {
  ALIVE,
  BORN,
  CHECKING,
  DEAD,
  DIFFERS,
  QUEUED,
  SEEN,
  TOUCHED,
  UNANNOUNCED,
  UNCERTAIN,
} from './storage/flags.js';
import { RowStore } from './storage/row-store.js';
import { RowWriter } from './storage/row-writer.js';

const NEW = 0;
const DESTROY = 2;
const FIRST_CAPACITY = 1024;
/** Maximum number of remembered ends. There are more only if the index is of no use. */
const MOST_UNREPORTED = 10_000;

/** Options of an index. */
export interface FlowIndexOptions extends Pick<Clocks, 'now'>, Partial<Pick<Clocks, 'time'>> {
  /**
   * The number of entries that are expected at most, such as `nf_conntrack_max`. Memory is only used as entries arrive; more entries than
   * expected make the index pause once to double its room.
   */
  capacity?: number;
}

/** What the look-up of an entry showed: it has ended, has other values than the index had, is as expected, or an event made the look-up obsolete. */
export type CheckOutcome = 'gone' | 'changed' | 'same' | 'obsolete';

/** A row whose entry must be looked up. The ticket tells the look-up from others of the row, whose entry may have been another one. */
export interface LookUp {
  readonly row: number;
  readonly ticket: number;
}

/** Options of a sweep. */
export interface SweepOptions {
  /** Entries that the dump adds may never send events, because they are older than the listener. */
  uncertain?: boolean;
}

/**
 * A copy of a connection tracking table in columns: fed with dumps and events, and read with cursors.
 *
 * Events and dumps may arrive in any order. During a dump ({@link beginSweep} to {@link endSweep}) events win over the dump. An entry that a
 * dump does not have is not removed: a dump may miss entries. It is queued for a look-up, see {@link queued}.
 */
export class FlowIndex {
  readonly #store: RowStore;
  readonly #clock: ColumnClock;
  readonly #writer: RowWriter;
  /** The entry that was read last. */
  readonly #entry = new PackedEntry();
  #sweeping: SweepOptions | undefined;
  /** Whether the index was empty when the sweep began. */
  #isFirst = false;
  #dead: number[] = [];
  #queue: number[] = [];
  #uncertain = 0;
  #tickets = 0;
  /** The ticket of each look-up that is in progress, by row. */
  readonly #checking = new Map<number, number>();
  /** The entries that a look-up did not find, and whose end no event reported yet. */
  readonly #unreported = new Set<string>();

  constructor({ capacity = FIRST_CAPACITY, now, time = Date.now }: FlowIndexOptions) {
    this.#store = new RowStore(Math.max(16, capacity + 1));
    this.#clock = new ColumnClock({ now, time });
    this.#writer = new RowWriter(this.#store, this.#clock);
  }

  /** Number of entries. */
  get size(): number {
    return this.#store.size;
  }

  /** Bytes of memory in use. */
  get bytes(): number {
    return this.#store.bytes;
  }

  /** Number of entries that may end without an event. */
  get uncertain(): number {
    return this.#uncertain;
  }

  /** Rows have numbers from 1 to below this one. */
  get high(): number {
    return this.#store.high;
  }

  /** Begins to compute the fields `rate`, `orig.rate` and `reply.rate`, which take up 28 bytes for each entry. Can be called twice. */
  keepRates(): void {
    this.#store.columns.withRates(this.#store.high);
  }

  /** Applies the event that a cursor stands on. */
  event(input: EntryInput): void {
    this.#clock.tick();
    this.#apply(input);
  }

  /** Applies the events of a cursor to its end, and returns their number. They have the same time. */
  events(inputs: EntryInputs): number {
    let count = 0;
    this.#clock.tick();
    for (; inputs.next(); count++) this.#apply(inputs);
    return count;
  }

  #read(input: EntryInput): void {
    if (input.pack === undefined) packCursor(input, this.#entry);
    else input.pack(this.#entry);
    this.#store.now.read(this.#entry, this.#store.pool);
  }

  #apply(input: EntryInput): void {
    const store = this.#store;
    const kind = input.event();
    this.#read(input);
    let row = store.find();
    if (kind === DESTROY && this.#unreported.size > 0) this.#unreported.delete(store.now.text());
    if (row !== 0 && !this.#isAlive(row)) {
      if (kind === DESTROY) return;
      this.#revive(row);
      row = 0;
    }
    if (kind === DESTROY) {
      if (row !== 0) this.#end(row);
      else if (this.#sweeping !== undefined) this.#end(store.add());
      return;
    }
    if (row !== 0 && (!store.hasReply(row) || (kind === NEW && !this.#has(row, UNANNOUNCED)))) {
      // The end of the predecessor was lost.
      this.#end(row);
      this.#revive(row);
      row = 0;
    }
    if (row === 0) this.#born(input, kind);
    else {
      this.#certain(row);
      // The event makes a look-up that is in progress obsolete, but may not answer what it was for.
      const again = this.#has(row, CHECKING);
      this.#clear(row, CHECKING | UNANNOUNCED | DIFFERS);
      if (this.#writer.update(row, this.#entry, input) || again) this.#enqueue(row);
      this.#touch(row);
    }
  }

  #born(input: EntryInput, kind: number): void {
    const store = this.#store;
    // A predecessor with another id: its end was lost, or is late.
    const other = store.find(true);
    if (other !== 0) this.#enqueue(other);
    const row = store.add();
    const whole = this.#writer.begin(row, this.#entry, input);
    if (kind !== NEW || !whole || other !== 0) this.#enqueue(row);
    if (this.#sweeping !== undefined) this.#set(row, TOUCHED | BORN);
  }

  /** Begins a sweep: {@link present} then receives every entry of a dump that begins after this call. */
  beginSweep(options: SweepOptions = {}): void {
    this.#sweeping = options;
    this.#isFirst = this.#store.size === 0;
    // A look-up that is in progress may be older than events that were lost. It is repeated.
    for (const row of this.#checking.keys()) {
      if (!this.#has(row, CHECKING)) continue;
      this.#clear(row, CHECKING);
      this.#enqueue(row);
    }
    this.#checking.clear();
  }

  /** Receives an entry of the dump. */
  present(input: EntryInput): void {
    this.#clock.tick();
    this.#present(input);
  }

  /** Receives the entries of a part of the dump: those of a cursor, to its end. They have the same time. */
  presentAll(inputs: EntryInputs): void {
    this.#clock.tick();
    if (this.#isFirst) this.#append(inputs);
    else while (inputs.next()) this.#present(inputs);
  }

  /** Receives entries of which hardly any has a row: adds all of them, and then looks for the few that existed already. */
  #append(inputs: EntryInputs): void {
    const store = this.#store;
    const uncertain = this.#sweeping?.uncertain === true;
    const flags = SEEN | UNANNOUNCED | (uncertain ? UNCERTAIN : 0);
    while (inputs.next()) {
      this.#read(inputs);
      const row = store.append();
      this.#writer.replace(row, this.#entry, inputs);
      this.#writer.seeFirst(row);
      this.#set(row, flags);
      if (uncertain) this.#uncertain++;
    }
    store.linkAppended((row, sameReply) => {
      if (uncertain) this.#uncertain--;
      if (!this.#isAlive(row)) return;
      this.#set(row, SEEN);
      // The dump shows the entry twice, or an event changed it meanwhile. The event of a new entry is never older than the dump.
      if (!sameReply || !this.#has(row, BORN)) this.#enqueue(row);
    });
  }

  #present(input: EntryInput): void {
    const store = this.#store;
    this.#read(input);
    const row = store.find();
    if (row === 0) {
      const added = this.#insert(input);
      this.#set(added, SEEN);
      if (!this.#sweeping?.uncertain) return;
      this.#set(added, UNCERTAIN);
      this.#uncertain++;
      return;
    }
    if (!this.#isAlive(row)) return;
    this.#set(row, SEEN);
    const touched = this.#has(row, TOUCHED);
    if (!store.hasReply(row)) {
      // Either of the two may be the predecessor of the other.
      this.#enqueue(row);
      return;
    }
    if (this.#has(row, BORN)) return;
    if (touched) {
      if (this.#writer.refresh(row, this.#entry, input)) this.#enqueue(row);
    } else if (this.#writer.replace(row, this.#entry, input)) this.#set(row, DIFFERS);
  }

  #insert(input: EntryInput): number {
    const row = this.#store.add();
    this.#writer.replace(row, this.#entry, input);
    this.#writer.seeFirst(row);
    this.#set(row, UNANNOUNCED);
    return row;
  }

  /** Ends the sweep after the last entry of the dump. Entries that the dump does not have are queued for a look-up. */
  endSweep(): void {
    const { flags } = this.#store.columns;
    for (const row of this.#dead) if ((flags[row]! & DEAD) !== 0) this.#store.free(row);
    this.#dead = [];
    for (let row = 1; row < this.#store.high; row++) {
      const bits = flags[row]!;
      if ((bits & ALIVE) === 0) continue;
      if ((bits & (SEEN | TOUCHED)) === 0) this.#enqueue(row);
      flags[row] = flags[row]! & ~(SEEN | TOUCHED | BORN);
    }
    this.#sweeping = undefined;
  }

  /** Ends a sweep whose dump failed. Nothing is concluded from it. */
  abortSweep(): void {
    const { flags } = this.#store.columns;
    for (let row = 1; row < this.#store.high; row++) if ((flags[row]! & ALIVE) !== 0) this.#set(row, SEEN);
    this.endSweep();
  }

  /**
   * Returns the number of entries that the last sweep added, corrected or removed without an event that explains it. Call it some time after the
   * sweep, because events may be late. With all events received it is 0.
   */
  takeDrift(): number {
    const { flags } = this.#store.columns;
    let drift = this.#unreported.size;
    this.#unreported.clear();
    for (let row = 1; row < this.#store.high; row++) {
      const bits = flags[row]!;
      if ((bits & (DIFFERS | UNANNOUNCED)) === 0) continue;
      if ((bits & UNCERTAIN) === 0) drift++;
      flags[row] = bits & ~(DIFFERS | UNANNOUNCED);
    }
    return drift;
  }

  /** Number of entries that wait for a look-up; some may have ended since. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Takes up to `most` entries from the queue: look each up and call {@link check}. */
  takeQueued(most: number): LookUp[] {
    const taken: LookUp[] = [];
    while (taken.length < most && this.#queue.length > 0) {
      const row = this.#queue.pop()!;
      if (!this.#has(row, QUEUED)) continue;
      this.#clear(row, QUEUED);
      taken.push(this.#lookUp(row));
    }
    return taken;
  }

  /** Returns up to `most` entries that may end without an event, from a row number on: look each up and call {@link check}. */
  takeUncertain(from: number, most: number): LookUp[] {
    const taken: LookUp[] = [];
    for (let row = Math.max(1, from); row < this.#store.high && taken.length < most; row++)
      if (this.#has(row, UNCERTAIN)) taken.push(this.#lookUp(row));
    return taken;
  }

  #lookUp(row: number): LookUp {
    const ticket = ++this.#tickets;
    this.#set(row, CHECKING);
    this.#checking.set(row, ticket);
    return { row, ticket };
  }

  /** Applies a look-up: the entry that was found, or `undefined`. */
  check({ row, ticket }: LookUp, found: EntryInput | undefined): CheckOutcome {
    const store = this.#store;
    if (this.#checking.get(row) !== ticket) return 'obsolete';
    this.#checking.delete(row);
    if (!this.#has(row, CHECKING)) return 'obsolete';
    this.#clear(row, CHECKING);
    if (found === undefined) {
      if (!this.#has(row, UNCERTAIN)) this.#noteUnreported(row);
      this.#end(row);
      return 'gone';
    }
    this.#clock.tick();
    this.#read(found);
    const same = store.find() === row;
    if (!same || !store.hasReply(row)) {
      this.#end(row);
      this.#revive(row);
      // Another connection with the same tuple and id. No event about it can be older than this look-up.
      if (same) this.#touch(this.#insert(found));
      return 'gone';
    }
    const changed = this.#writer.replace(row, this.#entry, found);
    this.#touch(row);
    return changed ? 'changed' : 'same';
  }

  #noteUnreported(row: number): void {
    const { now, pool } = this.#store;
    const cursor = this.cursor(Uint32Array.of(row));
    if (this.#unreported.size >= MOST_UNREPORTED || !cursor.next()) return;
    packIdentity(cursor, this.#entry);
    now.read(this.#entry, pool);
    this.#unreported.add(now.text());
  }

  /** Values that arrive during a sweep are newer than those of its dump. */
  #touch(row: number): void {
    if (this.#sweeping !== undefined) this.#set(row, TOUCHED);
  }

  /** Returns the rows that can match a filter; `undefined` if all must be read. Check the rows again. */
  rowsFor(filter: Filter): Uint32Array | undefined {
    return selectRows(this.#store, filter);
  }

  /** Returns the rows that have a tuple in a direction: in the reply direction, this finds the connection before its address translation. */
  rowsOfTuple(ref: Pick<FlowRef, 'family' | 'protonum'>, tuple: Tuple, direction: Direction, zone = 0): Uint32Array {
    return Uint32Array.from(this.#store.findTuple(ref, tuple, direction, zone));
  }

  /** Returns a cursor over rows, or over the rows from one number to another. */
  cursor(rows?: Uint32Array, from = rows === undefined ? 1 : 0, end = rows?.length ?? this.#store.high): IndexCursor {
    return new IndexCursor(this.#store, this.#clock, rows, from, end);
  }

  #end(row: number): void {
    this.#certain(row);
    this.#store.kill(row);
    if (this.#sweeping === undefined) this.#store.free(row);
    else this.#dead.push(row);
  }

  /** Frees a dead row before its identity is added again. */
  #revive(row: number): void {
    if (this.#has(row, DEAD)) this.#store.free(row);
  }

  /** The kernel reports the entry, or it has ended. */
  #certain(row: number): void {
    if (!this.#has(row, UNCERTAIN)) return;
    this.#clear(row, UNCERTAIN);
    this.#uncertain--;
  }

  #enqueue(row: number): void {
    if (this.#has(row, QUEUED)) return;
    this.#set(row, QUEUED);
    this.#queue.push(row);
  }

  #isAlive(row: number): boolean {
    return this.#has(row, ALIVE);
  }
  #has(row: number, bits: number): boolean {
    return (this.#store.columns.flags[row]! & bits) !== 0;
  }
  #set(row: number, bits: number): void {
    this.#store.columns.flags[row] = this.#store.columns.flags[row]! | bits;
  }
  #clear(row: number, bits: number): void {
    this.#store.columns.flags[row] = this.#store.columns.flags[row]! & ~bits;
  }
}
