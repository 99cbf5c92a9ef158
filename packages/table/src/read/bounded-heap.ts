/** Keeps the `size` smallest of the offered items, in memory for `size` items (a binary heap with the largest on top). */
export class BoundedHeap<Key, Item> {
  readonly #keys: Key[] = [];
  readonly #items: Item[] = [];

  constructor(
    readonly size: number,
    private readonly compare: (one: Key, other: Key) => number,
  ) {}

  /** Whether an item with this key would be kept. Ask before making the item. */
  accepts(key: Key): boolean {
    return this.#keys.length < this.size || (this.size > 0 && this.compare(key, this.#keys[0]!) < 0);
  }

  /** Keeps the item. If there are too many, the largest one is removed. Call it only after {@link accepts}. */
  push(key: Key, item: Item): void {
    if (this.#keys.length < this.size) {
      this.#keys.push(key);
      this.#items.push(item);
      this.#up(this.#keys.length - 1);
    } else {
      this.#keys[0] = key;
      this.#items[0] = item;
      this.#down(0);
    }
  }

  /** The largest key, once the heap is full; `undefined` before. */
  get bar(): Key | undefined {
    return this.#keys.length < this.size ? undefined : this.#keys[0];
  }

  /** Returns all items, smallest first. */
  sorted(): { key: Key; item: Item }[] {
    return this.#keys
      .map((key, i) => ({ key, item: this.#items[i]! }))
      .sort((one, other) => this.compare(one.key, other.key));
  }

  #greater(one: number, other: number): boolean {
    return this.compare(this.#keys[one]!, this.#keys[other]!) > 0;
  }

  #swap(one: number, other: number): void {
    [this.#keys[one], this.#keys[other]] = [this.#keys[other]!, this.#keys[one]!];
    [this.#items[one], this.#items[other]] = [this.#items[other]!, this.#items[one]!];
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#greater(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(from: number): void {
    for (let at = from; ; ) {
      const left = at * 2 + 1;
      if (left >= this.#keys.length) return;
      const child = left + 1 < this.#keys.length && this.#greater(left + 1, left) ? left + 1 : left;
      if (!this.#greater(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }
}
