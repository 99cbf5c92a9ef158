/** One of the largest sums. */
export interface Heavy<Key> {
  key: Key;
  /** The sum of the key. If `error` is not 0, the real sum may be smaller. */
  sum: number;
  /** How much too large the sum can be. 0 while everything was counted exactly. */
  error: number;
}

/** Number of remembered keys as a power of two. */
const SLOT_BITS = 13;
const SLOTS = 2 ** SLOT_BITS;

/**
 * Sums by key, in memory for `capacity` keys.
 *
 * Sums are exact until there are more keys. From then on the algorithm is Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation
 * of Frequent and Top-k Elements in Data Streams, 2005): a new key replaces the key with the smallest sum, and inherits that sum as its
 * error. Every key whose sum is larger than total ÷ capacity is kept, and no sum is too small.
 */
export class HeavyHitters<Key> {
  /** The last key of each slot and its place, for numbers: a Map costs more than the rest of a row of a table in memory. */
  readonly #recent = new Float64Array(SLOTS).fill(Number.NaN);
  readonly #recentPlaces = new Uint32Array(SLOTS);
  readonly #places = new Map<Key, number>();
  /** Once the capacity is reached, a heap with the smallest sum on top; before that, in the order of arrival. */
  readonly #items: Heavy<Key>[] = [];
  #heaped = false;

  constructor(readonly capacity: number) {}

  /** Whether keys were replaced, so that sums may be too large by their `error`. */
  get approximate(): boolean {
    return this.#heaped;
  }

  /** Number of keys. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds a weight ≥ 0 to the sum of a key. */
  add(key: Key, weight: number): void {
    // Places do not change before the capacity is reached.
    if (typeof key !== 'number' || this.#heaped) {
      this.#add(key, weight);
      return;
    }
    const slot = Math.imul(key, 0x9e3779b1) >>> (32 - SLOT_BITS);
    if (this.#recent[slot] === key) {
      this.#items[this.#recentPlaces[slot]!]!.sum += weight;
      return;
    }
    this.#add(key, weight);
    this.#recent[slot] = key;
    this.#recentPlaces[slot] = this.#places.get(key)!;
  }

  #add(key: Key, weight: number): void {
    const place = this.#places.get(key);
    if (place !== undefined) {
      this.#items[place]!.sum += weight;
      if (this.#heaped) this.#down(place);
    } else if (this.#items.length < this.capacity) {
      this.#places.set(key, this.#items.length);
      this.#items.push({ key, sum: weight, error: 0 });
    } else this.#displace(key, weight);
  }

  /** Yields the keys with their sums, in no order. */
  items(): Iterable<Readonly<Heavy<Key>>> {
    return this.#items;
  }

  #displace(key: Key, weight: number): void {
    if (!this.#heaped) {
      this.#heaped = true;
      for (let i = (this.#items.length >> 1) - 1; i >= 0; i--) this.#down(i);
    }
    const lightest = this.#items[0]!;
    this.#places.delete(lightest.key);
    this.#places.set(key, 0);
    this.#items[0] = { key, sum: lightest.sum + weight, error: lightest.sum };
    this.#down(0);
  }

  /** Sums only grow, so an item only moves down. */
  #down(from: number): void {
    const items = this.#items;
    const item = items[from]!;
    let at = from;
    for (;;) {
      const left = at * 2 + 1;
      if (left >= items.length) break;
      const child = left + 1 < items.length && items[left + 1]!.sum < items[left]!.sum ? left + 1 : left;
      if (items[child]!.sum >= item.sum) break;
      items[at] = items[child]!;
      this.#places.set(items[at]!.key, at);
      at = child;
    }
    items[at] = item;
    this.#places.set(item.key, at);
  }
}
