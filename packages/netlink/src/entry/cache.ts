/** Maximum number of cached values, as a protection against hostile tables. */
const KEPT = 4096;

/** A cache of values that many entries share, by the number that they are made from. */
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
