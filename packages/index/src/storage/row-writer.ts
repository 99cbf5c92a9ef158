import { statesOf } from '@conntrack/flow';
import type { PackedEntry } from '@conntrack/flow/codec';
import type { ColumnClock } from '../clock.js';
import type { EntryInput } from '../entry-input.js';
import { type Counters, IDLE_SYNPROXY, UNKNOWN_8, UNKNOWN_32, USE } from './columns.js';
import { MARK, RARE } from './flags.js';
import { type RareFields, rareFieldsOf } from './rare.js';
import type { RowStore } from './row-store.js';

/** The status bits of offloaded flows, which change without an event. */
const OFFLOAD = 0xc000;
/** Milliseconds between two readings of counters from which a rate is computed, at least. */
const SHORTEST_RATE = 250;

/** Writes the fields of entries and events into rows. A field that an event leaves out is unknown and stays as it was. */
export class RowWriter {
  readonly #store: RowStore;
  readonly #clock: ColumnClock;

  constructor(store: RowStore, clock: ColumnClock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Notes when the index first saw the entry of a row. */
  seeFirst(row: number): void {
    this.#store.columns.firstSeen[row] = this.#clock.seconds;
  }

  /**
   * Writes the first event of an entry. Returns false if the event leaves out something that the entry has: a state, or the status. The
   * kernel leaves a mark of 0 out of every event.
   */
  begin(row: number, entry: PackedEntry, input: EntryInput): boolean {
    const { columns } = this.#store;
    this.seeFirst(row);
    columns.mark[row] = 0;
    columns.flags[row] = columns.flags[row]! | MARK;
    this.#merge(row, entry, input);
    return this.#isWhole(row);
  }

  #isWhole(row: number): boolean {
    const { columns } = this.#store;
    return (
      columns.status[row] !== UNKNOWN_32 &&
      (columns.state[row] !== UNKNOWN_8 || statesOf(columns.protonum[row]!).length === 0)
    );
  }

  /**
   * Writes a later event of an entry. Returns true if a look-up is needed: the event leaves out a mark, labels or a helper that the row has,
   * and only the entry shows whether they were removed.
   */
  update(row: number, entry: PackedEntry, input: EntryInput): boolean {
    const { columns, rare } = this.#store;
    const old = (columns.flags[row]! & RARE) === 0 ? undefined : rare.get(row);
    const marked = (columns.flags[row]! & MARK) !== 0 && columns.mark[row] !== 0;
    this.#merge(row, entry, input);
    return (
      (marked && entry.mark < 0) ||
      (old?.labels !== undefined && old.labels.length > 0 && input.labelCount() < 0) ||
      (old?.helper !== undefined && input.helper() === undefined) ||
      !this.#isWhole(row)
    );
  }

  #merge(row: number, entry: PackedEntry, input: EntryInput): void {
    const { columns, rare } = this.#store;
    if (entry.state >= 0) columns.state[row] = entry.state;
    if (entry.status >= 0) columns.status[row] = entry.status;
    if (entry.mark >= 0) this.#setMark(row, entry.mark);
    if (entry.timeout >= 0) columns.deadline[row] = this.#clock.deadline(entry.timeout);
    if (entry.tcp !== -1) columns.tcp[row] = entry.tcp;
    this.#start(row, entry);
    const more = rareOf(entry, input);
    if (more !== undefined) this.#setRare(row, { ...rare.get(row), ...more });
  }

  /**
   * Writes only the fields that change without an event, from a dump that may be older than the last event. Returns whether another field
   * differs: a look-up shows which value is right.
   */
  refresh(row: number, entry: PackedEntry, input: EntryInput): boolean {
    const old = this.#store.rare.get(row);
    const more = rareOf(entry, input);
    const differs =
      this.#differs(row, entry) || old?.helper !== more?.helper || old?.labels?.join() !== more?.labels?.join();
    this.#start(row, entry);
    this.#silent(row, entry);
    return differs;
  }

  /** Whether a row has another state, status or mark than an entry. */
  #differs(row: number, { state, status, mark }: PackedEntry): boolean {
    const { columns } = this.#store;
    const oldState = columns.state[row] === UNKNOWN_8 ? -1 : columns.state[row];
    const oldMark = (columns.flags[row]! & MARK) === 0 ? -1 : columns.mark[row];
    return oldState !== state || ((columns.status[row]! ^ status) & ~OFFLOAD) !== 0 || oldMark !== mark;
  }

  /** Replaces every field by those of an entry. Returns whether a field differs that only changes with an event. */
  replace(row: number, entry: PackedEntry, input: EntryInput): boolean {
    const { columns } = this.#store;
    const { state, status, mark, timeout } = entry;
    const differs = this.#differs(row, entry);
    columns.state[row] = state < 0 ? UNKNOWN_8 : state;
    columns.status[row] = status < 0 ? UNKNOWN_32 : status;
    if (mark >= 0) this.#setMark(row, mark);
    else columns.flags[row] = columns.flags[row]! & ~MARK;
    columns.deadline[row] = timeout < 0 ? UNKNOWN_32 : this.#clock.deadline(timeout);
    columns.tcp[row] = entry.tcp;
    this.#start(row, entry);
    this.#setRare(row, rareOf(entry, input));
    this.#silent(row, entry);
    return differs;
  }

  #setMark(row: number, mark: number): void {
    const { columns } = this.#store;
    columns.mark[row] = mark;
    columns.flags[row] = columns.flags[row]! | MARK;
  }

  /** Writes counters and use count, which change without an event. */
  #silent(row: number, entry: PackedEntry): void {
    const { columns, high } = this.#store;
    const { use } = entry;
    columns.use[row] = (use < 0 ? USE : Math.min(use, USE - 1)) | (entry.idleSynproxy ? IDLE_SYNPROXY : 0);
    if (entry.originalBytes < 0 && columns.counters === undefined) return;
    const counters = columns.withCounters(high);
    this.#count(row, 0, counters, entry.originalBytes, entry.originalPackets);
    this.#count(row, 1, counters, entry.replyBytes, entry.replyPackets);
    this.#measure(row);
  }

  #count(row: number, direction: 0 | 1, counters: Counters, bytes: number, packets: number): void {
    counters.bytes[direction][row] = bytes;
    counters.packets[direction][row] = packets < 0 || packets >= UNKNOWN_32 ? UNKNOWN_32 : packets;
    if (packets >= UNKNOWN_32) this.#largePackets(row, direction, packets);
  }

  #largePackets(row: number, direction: 0 | 1, number: number): void {
    const old = this.#store.rare.get(row);
    const packets: [number | undefined, number | undefined] = [old?.packets?.[0], old?.packets?.[1]];
    packets[direction] = number;
    this.#setRare(row, { ...old, packets });
  }

  /**
   * Computes bytes a second since the last reading. A reading shortly after the last one, as by a look-up, is left out: a burst of packets
   * would look like a high rate. Counters that fell were reset: the rate is then unknown.
   */
  #measure(row: number): void {
    const { rates, counters } = this.#store.columns;
    if (rates === undefined || counters === undefined) return;
    const now = this.#clock.milliseconds;
    const passed = (now - rates.readAt[row]!) >>> 0;
    const isFirst = rates.readAt[row] === 0;
    const wasReset = ([0, 1] as const).some(direction => counters.bytes[direction][row]! < rates.base[direction][row]!);
    if (!isFirst && !wasReset && passed < SHORTEST_RATE) return;
    for (const direction of [0, 1] as const) {
      const count = counters.bytes[direction][row]!;
      const base = rates.base[direction][row]!;
      const isKnown = !isFirst && !wasReset && base >= 0 && count >= 0;
      rates.rate[direction][row] = isKnown ? ((count - base) * 1000) / passed : -1;
      rates.base[direction][row] = count;
    }
    rates.readAt[row] = now;
  }

  #start(row: number, { startHigh, startLow }: PackedEntry): void {
    if (startHigh === 0 && startLow === 0) return;
    const starts = this.#store.columns.withStarts();
    starts.high[row] = startHigh;
    starts.low[row] = startLow;
  }

  #setRare(row: number, fields: RareFields | undefined): void {
    const { columns, rare } = this.#store;
    if (fields === undefined) {
      if ((columns.flags[row]! & RARE) === 0) return;
      columns.flags[row] = columns.flags[row]! & ~RARE;
      rare.delete(row);
      return;
    }
    columns.flags[row] = columns.flags[row]! | RARE;
    rare.set(row, fields);
  }
}

/** Returns the fields of an entry that have no column. */
function rareOf(entry: PackedEntry, input: EntryInput): RareFields | undefined {
  if (!entry.rare) return undefined;
  const rare = rareFieldsOf(input.flow());
  if (rare === undefined) return undefined;
  if (entry.startHigh !== 0 || entry.startLow !== 0) delete rare.start;
  if (entry.tcp !== -1) delete rare.protoinfo;
  if (entry.idleSynproxy) delete rare.synproxy;
  return Object.keys(rare).length > 0 ? rare : undefined;
}
