import { anyOf } from '@conntrack/filter';
import type { LocalTable } from '@conntrack/table';
import type { Selection } from './selection.js';
import type { Semaphore } from './semaphore.js';

/** A selection that waits for a read of the table. */
interface Waiting {
  readonly selection: Selection;
  resolve(): void;
  reject(error: unknown): void;
}

/** Finds out which flows match a selection. Selections that wait at the same time share one read of the table. */
export class Seeder {
  readonly #table: LocalTable;
  readonly #reads: Semaphore;
  readonly #head: () => number;
  readonly #ended = new AbortController();
  #waiting: Waiting[] = [];
  #busy = false;

  /** Makes a seeder. @param head returns the sequence number of the last record */
  constructor(table: LocalTable, reads: Semaphore, head: () => number) {
    this.#table = table;
    this.#reads = reads;
    this.#head = head;
  }

  /** Reads the table for a selection. */
  seed(selection: Selection): Promise<void> {
    selection.beginSeed();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ selection, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  close(): void {
    this.#ended.abort(new DOMException('the events of the table have ended', 'AbortError'));
  }

  async #work(): Promise<void> {
    const { signal } = this.#ended;
    this.#busy = true;
    while (this.#waiting.length > 0) {
      let batch: Waiting[] = [];
      try {
        const free = await this.#reads.acquire(signal);
        batch = this.#waiting;
        this.#waiting = [];
        try {
          await this.#read(batch.map(({ selection }) => selection));
        } finally {
          free();
        }
        for (const { selection, resolve } of batch) {
          selection.endSeed(this.#head());
          resolve();
        }
      } catch (error) {
        if (batch.length === 0) [batch, this.#waiting] = [this.#waiting, []];
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }

  async #read(selections: readonly Selection[]): Promise<void> {
    const filter = anyOf(selections.map(({ rule }) => rule.flows));
    for await (const rows of this.#table.rows({ filter, signal: this.#ended.signal }))
      while (rows.next()) for (const selection of selections) selection.seed(rows.cursor);
  }
}
