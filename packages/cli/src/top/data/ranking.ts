import { BoundedHeap } from '@conntrack/table';

interface Place {
  readonly rank: number;
  /** The number of rows that were added before. */
  readonly order: number;
}

/**
 * The first rows of an order, in memory for as many: the largest values first, or with `reversed` the smallest. Unknown values (−1) come
 * last in both orders. Equal values are in the order in which they are added: a table is read in nearly the same order each time, so that
 * rows do not change places without a reason.
 */
export class Ranking<Item> {
  readonly #heap: BoundedHeap<Place, Item>;
  readonly #reversed: boolean;
  #order = 0;
  /** The rank of the value that was asked about last: the smallest comes first. */
  #rank = 0;

  constructor(size: number, reversed: boolean) {
    this.#reversed = reversed;
    this.#heap = new BoundedHeap(size, (one, other) => compare(one.rank, other.rank) || one.order - other.order);
  }

  /** Whether a row with this value is among the first until now. Ask before making the row. */
  accepts(value: number): boolean {
    this.#rank = value < 0 ? Number.POSITIVE_INFINITY : this.#reversed ? value : -value;
    const { bar } = this.#heap;
    return this.#heap.size > 0 && (bar === undefined || this.#rank < bar.rank);
  }

  /** Adds a row. Call it after {@link accepts}. */
  add(row: Item): void {
    this.#heap.push({ rank: this.#rank, order: this.#order++ }, row);
  }

  /** Returns the rows in order. */
  items(): Item[] {
    return this.#heap.sorted().map(({ item }) => item);
  }
}

/** Compares ranks; two unknown values are equal. */
const compare = (one: number, other: number): number => (one === other ? 0 : one < other ? -1 : 1);
