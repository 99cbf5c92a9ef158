import { setTimeout as delay } from 'node:timers/promises';
import { decodeKey, type Flow, type FlowCursor, FlowObjectCursor } from '@conntrack/flow';
import { FlowSet, type LocalTable } from '@conntrack/table';
import { digestOf, flowOf, UncertainEndsStore, type UncertainEntry } from './uncertain-ends-store.js';

/**
 * Look-ups in one batch, and milliseconds of pause after a batch whose entries all exist: at most 20,000 a second,
 * about 8 % of a core.
 */
const LOT = 512;
const LOT_PAUSE = 25;
/**
 * Milliseconds that an event may take from the kernel to this process. The destroy event of a missing flow may still
 * arrive.
 */
const LATE = 200;

/** A flow that a look-up did not find, and when. */
interface Suspect {
  readonly flow: Flow;
  readonly since: number;
}

/** Receives changes and ends that no event reported. */
export interface UncertainEndsListener {
  /** An entry changed. */
  changed(flow: Flow): void;
  /** An entry has ended. `flow` has only what identifies it. */
  gone(flow: Flow): void;
}

/**
 * Watches entries that existed before the server listened. With `nf_conntrack_events=2` the kernel may never send their
 * updates and ends. They are looked up regularly until an event shows that the kernel reports the entry, or the entry
 * is gone.
 */
export class UncertainEndsWatch {
  readonly #table: LocalTable;
  readonly #listener: UncertainEndsListener;
  readonly #every: number;
  readonly #ended = new AbortController();
  readonly #store = new UncertainEndsStore();
  /** Entries without an event so far. */
  readonly #uncertainEnds = new FlowSet();
  /** Flows that a look-up did not find, oldest first. An event may still report their end. */
  #suspects: Suspect[] = [];
  /** Number of entries found to have ended. */
  gone = 0;
  /** Number of entries looked up. */
  checked = 0;

  /** Makes a watch. @param every milliseconds between two checks of all entries */
  constructor(table: LocalTable, listener: UncertainEndsListener, every: number) {
    this.#table = table;
    this.#listener = listener;
    this.#every = every;
  }

  /** Number of entries that may end without an event. */
  get count(): number {
    return this.#uncertainEnds.size;
  }

  get bytes(): number {
    return this.#store.bytes + this.#uncertainEnds.bytes;
  }

  /** Reads all entries of the table. A subscriber that reads the table afterwards gets an event for each end. */
  async scan(): Promise<void> {
    for await (const rows of this.#table.rows({ signal: this.#ended.signal }))
      while (rows.next()) if (this.#uncertainEnds.add(rows.cursor)) this.#store.add(rows.cursor.flow());
  }

  /** Whether a flow may end without an event. */
  has(flow: FlowCursor): boolean {
    return this.#uncertainEnds.size > 0 && this.#uncertainEnds.has(flow);
  }

  /** Notes that a flow had an event: the kernel reports it. */
  sawEvent(event: FlowCursor): void {
    if (this.#uncertainEnds.size > 0) this.#uncertainEnds.delete(event);
  }

  /** Checks until no such entry is left. @throws errors of look-ups */
  async run(): Promise<void> {
    const { signal } = this.#ended;
    try {
      while (this.#store.count > 0) {
        await delay(this.#every, undefined, { signal, ref: false });
        await this.#store.sweep(LOT, entries => this.#check(entries));
        if (this.#suspects.length > 0) await delay(LATE, undefined, { signal, ref: false });
        this.#tellGone();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  close(): void {
    this.#ended.abort();
  }

  /** The new digest of each entry; `undefined` for entries that ended or had an event. */
  async #check(entries: readonly UncertainEntry[]): Promise<(number | undefined)[]> {
    const { signal } = this.#ended;
    const cursor = new FlowObjectCursor();
    const flows = entries.map(flowOf);
    const found = await this.#table.lookupMany(
      entries.map(({ key }) => decodeKey(key)),
      { signal },
    );
    this.checked += entries.length;
    const since = performance.now();
    let there = 0;
    const digests = flows.map((flow, i) => {
      const entry = found[i];
      const isThere = entry?.id === flow.id;
      if (isThere) there++;
      if (!this.#uncertainEnds.has(cursor.move(flow))) return undefined;
      if (!isThere) {
        this.#suspects.push({ flow, since });
        return undefined;
      }
      const digest = digestOf(entry!);
      if (digest !== entries[i]!.digest) this.#listener.changed(entry!);
      return digest;
    });
    this.#tellGone();
    // The pause is proportional to the entries that still exist: after a flush, all ends are found without pauses.
    await delay((LOT_PAUSE * there) / entries.length, undefined, { signal, ref: false });
    return digests;
  }

  /** Reports the ends that no event reported in time. All batches share one wait, during which look-ups continue. */
  #tellGone(): void {
    const before = performance.now() - LATE;
    const cursor = new FlowObjectCursor();
    const suspects = this.#suspects;
    let count = 0;
    while (count < suspects.length && suspects[count]!.since <= before) {
      const { flow } = suspects[count++]!;
      if (!this.#uncertainEnds.delete(cursor.move(flow))) continue;
      this.gone++;
      this.#listener.gone(flow);
    }
    this.#suspects = suspects.slice(count);
  }
}
