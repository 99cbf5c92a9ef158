/** One of the heaviest. */
export interface Heavy<Key> {
  key: Key;
  /** Its sum. With `error`, at most this. */
  sum: number;
  /** By how much the sum can be too great: 0 while everything was counted exactly. */
  error: number;
}

/**
 * Sums by key, in memory for `capacity` keys. As long as there are no more keys than that, sums are exact. From then on it is
 * Space-Saving (Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005): a new key takes the
 * place of the lightest and inherits its sum as its error. Whatever weighs more than total ÷ capacity is among those kept, and no sum is too small.
 */
export class HeavyHitters<Key> {
  readonly #places = new Map<Key, number>();
  /** A heap with the lightest on top, from the moment that the capacity is reached; before that in the order of arrival. */
  readonly #items: Heavy<Key>[] = [];
  #heaped = false;

  constructor(readonly capacity: number) {}

  /** Whether keys were displaced, and sums may be too great by their `error`. */
  get approximate(): boolean {
    return this.#heaped;
  }

  /** How many keys are held. */
  get size(): number {
    return this.#items.length;
  }

  /** Add a weight of at least 0. */
  add(key: Key, weight: number): void {
    const place = this.#places.get(key);
    if (place !== undefined) {
      this.#items[place]!.sum += weight;
      if (this.#heaped) this.#down(place);
    } else if (this.#items.length < this.capacity) {
      this.#places.set(key, this.#items.length);
      this.#items.push({ key, sum: weight, error: 0 });
    } else this.#displace(key, weight);
  }

  /** The `k` heaviest, heaviest first; keys with equal sums in the order of `compare`. */
  top(k: number, compare: (one: Key, other: Key) => number): Heavy<Key>[] {
    return [...this.#items].sort((one, other) => other.sum - one.sum || compare(one.key, other.key)).slice(0, k);
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

  /** Sums only grow: an item only ever sinks. */
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
