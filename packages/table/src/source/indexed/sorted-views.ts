import { setImmediate as turn } from 'node:timers/promises';
import { ALL, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { printQuery } from '@conntrack/filter/print';
import type { FlowIndex, IndexCursor } from '@conntrack/index';
import { RowKeys } from '../../read/row-keys.js';
import { printSort } from '../../read/sort.js';
import type { SortTerm } from '../../table-options.js';
import type { SortedRows } from '../source.js';

/** A view is reused for some times as long as it took to make, in milliseconds from and to: sorting never takes most of the processor's time. */
const REUSE = 5;
const REUSE_MIN = 2000;
const REUSE_MAX = 10_000;
/** Maximum bytes of all views that are kept. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Bytes of a row in a view: its number and its id. */
const ROW_BYTES = 8;

/** Which rows a view has, in which order. */
export interface ViewOptions {
  readonly filter?: Filter;
  readonly sort: readonly SortTerm[];
  /** What was read before the view was made, beside the rows. Views after different reads are different. */
  readonly after?: string;
}

/** The rows of an index that matched a filter, in the order that they had when the view was made. */
class SortedView implements SortedRows {
  readonly #index: FlowIndex;
  readonly #rows: Uint32Array;
  readonly #ids: Uint32Array;
  readonly #matches: (cursor: IndexCursor) => boolean;

  constructor(
    index: FlowIndex,
    rows: Uint32Array,
    ids: Uint32Array,
    matches: (cursor: IndexCursor) => boolean,
    readonly scanned: number,
  ) {
    this.#index = index;
    this.#rows = rows;
    this.#ids = ids;
    this.#matches = matches;
  }

  get matched(): number {
    return this.#rows.length;
  }

  cursor(from: number, end: number): IndexCursor {
    const rows = this.#rows.subarray(from, end);
    // Another connection may have the row now.
    const ids = new Map(Array.from(rows, (row, i) => [row, this.#ids[from + i]!]));
    return this.#index.cursor(rows).only(cursor => ids.get(cursor.row) === cursor.id() && this.#matches(cursor));
  }
}

/** A view that is kept, or that is being made. */
interface Kept {
  readonly view: Promise<SortedView>;
  /** When it was begun, by `performance.now`. */
  readonly began: number;
  bytes: number;
  timer?: NodeJS.Timeout;
}

/**
 * Sorted views of an index. A view is kept for some seconds, so that a reader that scrolls through it gets rows from one order, and the rows
 * are not sorted for each request. Views are made one at a time, in slices with pauses.
 */
export class SortedViews {
  readonly #kept = new Map<string, Kept>();
  #last: Promise<unknown> = Promise.resolve();

  /** Bytes of all views. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#kept.values()) sum += bytes;
    return sum;
  }

  /**
   * Returns a view: one that is kept and was begun after `since`, or a new one.
   *
   * @param prepare called before a new view is made; returns the index
   */
  async get(options: ViewOptions, since: number, prepare: () => Promise<FlowIndex>): Promise<SortedView> {
    const key = `${printQuery(options.filter ?? ALL)}\n${printSort(options.sort)}\n${options.after ?? ''}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.began > since) return kept.view;
    this.#drop(key);
    const began = performance.now();
    const made = this.#last.then(async () => makeView(await prepare(), options));
    this.#last = made.catch(() => {});
    const entry: Kept = { view: made, began, bytes: 0 };
    this.#kept.set(key, entry);
    try {
      const view = await made;
      entry.bytes = view.matched * ROW_BYTES;
      const reuse = Math.min(REUSE_MAX, Math.max(REUSE_MIN, REUSE * (performance.now() - began)));
      const forget = (): void => {
        if (this.#kept.get(key) === entry) this.#drop(key);
      };
      entry.timer = setTimeout(forget, reuse).unref();
      this.#limit();
      return view;
    } catch (error) {
      if (this.#kept.get(key) === entry) this.#drop(key);
      throw error;
    }
  }

  /** Forgets all views. */
  clear(): void {
    for (const key of [...this.#kept.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    clearTimeout(this.#kept.get(key)?.timer);
    this.#kept.delete(key);
  }

  /** Forgets the oldest views while all together are too large. */
  #limit(): void {
    for (const key of this.#kept.keys()) {
      if (this.bytes <= MAX_BYTES) return;
      this.#drop(key);
    }
  }
}

/** Rows that are compared with the filter between two pauses. */
const SLICE = 4096;

async function makeView(index: FlowIndex, { filter = ALL, sort }: ViewOptions): Promise<SortedView> {
  const matches = filter.kind === 'all' ? () => true : compileFilter(filter);
  const keys = new RowKeys(sort);
  const candidates = index.rowsFor(filter);
  const found: number[] = [];
  let scanned = 0;
  const end = candidates?.length ?? index.high;
  for (let from = candidates === undefined ? 1 : 0; from < end; from += SLICE) {
    const cursor = index.cursor(candidates, from, Math.min(end, from + SLICE));
    while (cursor.next()) {
      scanned++;
      if (!matches(cursor)) continue;
      keys.add(cursor);
      found.push(cursor.row);
    }
    await turn();
  }
  const order = await keys.order(() => turn());
  const ids = keys.ids();
  const pick = (from: ArrayLike<number>): Uint32Array => Uint32Array.from(order, row => from[row]!);
  return new SortedView(index, pick(found), pick(ids), matches, scanned);
}
