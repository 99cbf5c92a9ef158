import { setTimeout as delay } from 'node:timers/promises';
import { decodeKey, type Flow, type FlowCursor, FlowObjectCursor } from '@conntrack/flow';
import { type ConntrackTable, FlowSet } from '@conntrack/table';
import { digestOf, flowOf, type Unheard, UnheardStore } from './unheard-store.js';

/** Look-ups at once, and milliseconds from one lot to the next: at most 20,000 a second, some 8 % of a core. */
const LOT = 512;
const LOT_PAUSE = 25;
/** Milliseconds that an event may need from the kernel to here: a flow that is gone may be about to be told of. */
const LATE = 200;

/** Who is told of what no event told. */
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
  readonly #table: ConntrackTable;
  readonly #listener: UnheardListener;
  readonly #every: number;
  readonly #ended = new AbortController();
  readonly #store = new UnheardStore();
  /** Those of which no event has come. */
  readonly #unheard = new FlowSet();
  /** Entries found gone. */
  gone = 0;
  /** Entries looked up. */
  checked = 0;

  /** @param every milliseconds from one check of all entries to the next */
  constructor(table: ConntrackTable, listener: UnheardListener, every: number) {
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

  /** Takes all entries of the table. Whoever reads the table afterwards is told of each end. */
  async scan(): Promise<void> {
    for await (const rows of this.#table.rows({ signal: this.#ended.signal }))
      while (rows.next()) if (this.#unheard.add(rows.cursor)) this.#store.add(rows.cursor.flow());
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
    const isUnheard = (flow: Flow): boolean => this.#unheard.has(cursor.move(flow));
    const flows = entries.map(flowOf);
    const found = await this.#table.lookupMany(
      entries.map(({ key }) => decodeKey(key)),
      { signal },
    );
    this.checked += entries.length;
    const isGone = (i: number): boolean => found[i]?.id !== flows[i]!.id;
    if (flows.some((flow, i) => isGone(i) && isUnheard(flow))) await delay(LATE, undefined, { signal, ref: false });
    else await delay(LOT_PAUSE, undefined, { signal, ref: false });
    return flows.map((flow, i) => {
      if (!isUnheard(flow)) return undefined;
      if (isGone(i)) {
        this.#unheard.delete(cursor);
        this.gone++;
        this.#listener.gone(flow);
        return undefined;
      }
      const digest = digestOf(found[i]!);
      if (digest !== entries[i]!.digest) this.#listener.changed(found[i]!);
      return digest;
    });
  }
}
