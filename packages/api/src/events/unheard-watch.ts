import { setTimeout as delay } from 'node:timers/promises';
import { decodeKey, type Flow, type FlowCursor, FlowObjectCursor } from '@conntrack/flow';
import { FlowSet, type LocalTable } from '@conntrack/table';
import { digestOf, flowOf, type Unheard, UnheardStore } from './unheard-store.js';

/** Look-ups at once, and milliseconds behind a lot that is all there: at most 20,000 a second, some 8 % of a core. */
const LOT = 512;
const LOT_PAUSE = 25;
/** Milliseconds that an event may need from the kernel to here: the event of a flow that is gone may still be on its way. */
const LATE = 200;

/** A flow that a look-up did not find, and when. */
interface Suspect {
  readonly flow: Flow;
  readonly since: number;
}

/** Receives what no event told. */
export interface UnheardListener {
  /** An entry changed. */
  changed(flow: Flow): void;
  /** An entry is gone: what identifies it. */
  gone(flow: Flow): void;
}

/**
 * The entries that were there before the listening began. With `nf_conntrack_events=2` the kernel may never send their updates and ends: they are
 * looked up again and again, until an event shows that one is heard, or it is gone.
 */
export class UnheardWatch {
  readonly #table: LocalTable;
  readonly #listener: UnheardListener;
  readonly #every: number;
  readonly #ended = new AbortController();
  readonly #store = new UnheardStore();
  /** Those of which no event has come. */
  readonly #unheard = new FlowSet();
  /** Flows that look-ups did not find, oldest first: an event may still tell of them. */
  #suspects: Suspect[] = [];
  /** Entries found gone. */
  gone = 0;
  /** Entries looked up. */
  checked = 0;

  /** @param every milliseconds from one check of all entries to the next */
  constructor(table: LocalTable, listener: UnheardListener, every: number) {
    this.#table = table;
    this.#listener = listener;
    this.#every = every;
  }

  /** Entries that may end unseen. */
  get count(): number {
    return this.#unheard.size;
  }

  get bytes(): number {
    return this.#store.bytes + this.#unheard.bytes;
  }

  /** Takes all entries of the table. A subscriber that reads the table afterwards gets each end. */
  async scan(): Promise<void> {
    for await (const rows of this.#table.rows({ signal: this.#ended.signal }))
      while (rows.next()) if (this.#unheard.add(rows.cursor)) this.#store.add(rows.cursor.flow());
  }

  /** Whether a flow may end without an event. */
  has(flow: FlowCursor): boolean {
    return this.#unheard.size > 0 && this.#unheard.has(flow);
  }

  /** An event came of a flow: it is heard. */
  heard(event: FlowCursor): void {
    if (this.#unheard.size > 0) this.#unheard.delete(event);
  }

  /** Checks until there is nothing left to check. @throws what look-ups fail with */
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

  /** The new digest of each entry; undefined for those that are gone or heard. */
  async #check(entries: readonly Unheard[]): Promise<(number | undefined)[]> {
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
      if (!this.#unheard.has(cursor.move(flow))) return undefined;
      if (!isThere) {
        this.#suspects.push({ flow, since });
        return undefined;
      }
      const digest = digestOf(entry!);
      if (digest !== entries[i]!.digest) this.#listener.changed(entry!);
      return digest;
    });
    this.#tellGone();
    // Entries that are gone are not looked up again: a flush is found out without pauses.
    await delay((LOT_PAUSE * there) / entries.length, undefined, { signal, ref: false });
    return digests;
  }

  /** Tells the ends that no event told in time. One wait is shared by all lots: they are looked up meanwhile. */
  #tellGone(): void {
    const before = performance.now() - LATE;
    const cursor = new FlowObjectCursor();
    const suspects = this.#suspects;
    let count = 0;
    while (count < suspects.length && suspects[count]!.since <= before) {
      const { flow } = suspects[count++]!;
      if (!this.#unheard.delete(cursor.move(flow))) continue;
      this.gone++;
      this.#listener.gone(flow);
    }
    this.#suspects = suspects.slice(count);
  }
}
