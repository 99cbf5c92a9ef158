import { BoundedHeap } from '@conntrack/table';

interface Place {
  readonly value: number;
  readonly tie: number;
}

/**
 * The first rows of an order, in memory for as many: the largest values first, or with `reversed` the smallest. Unknown values (−1) come
 * last in both orders. Equal values are ordered by their tie, so that rows do not change places from one refresh to the next.
 */
export class Ranking<Item> {
  readonly #heap: BoundedHeap<Place, Item>;
  readonly #reversed: boolean;
  /** Made of the value that was asked about last. */
  #rank = 0;

  constructor(size: number, reversed: boolean) {
    this.#reversed = reversed;
    this.#heap = new BoundedHeap(size, (one, other) => one.value - other.value || (one.tie < other.tie ? -1 : 1));
  }

  /** Whether a row with this value may be among the first. Ask before making its tie. */
  accepts(value: number): boolean {
    this.#rank = value < 0 ? Number.POSITIVE_INFINITY : this.#reversed ? value : -value;
    const { bar } = this.#heap;
    return this.#heap.size > 0 && (bar === undefined || this.#rank <= bar.value);
  }

  /** Adds a row; `make` is called if it is among the first. Call it after {@link accepts}. */
  add(tie: number, make: () => Item): void {
    const place = { value: this.#rank, tie };
    if (this.#heap.accepts(place)) this.#heap.push(place, make());
  }

  /** Returns the rows in order. */
  items(): Item[] {
    return this.#heap.sorted().map(({ item }) => item);
  }
}
