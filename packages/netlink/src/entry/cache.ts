/** Values that are kept at most: a hostile table makes no memory leak. */
const KEPT = 4096;

/** What is the same for many entries, by the number that it is made of. */
export class Cache<T> {
  readonly #known = new Map<number, T>();
  readonly #make: (key: number) => T;

  constructor(make: (key: number) => T) {
    this.#make = make;
  }

  of(key: number): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#make(key);
    if (this.#known.size < KEPT) this.#known.set(key, made);
    return made;
  }
}
