const encoder = new TextEncoder();
/** Texts that are kept at most: a hostile table makes no memory leak. */
const KEPT = 4096;

/** Texts that are the same for many entries, as bytes, by the number that they are made of. */
export class Cache {
  readonly #known = new Map<number, Uint8Array>();
  readonly #make: (key: number) => string;

  constructor(make: (key: number) => string) {
    this.#make = make;
  }

  of(key: number): Uint8Array {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = encoder.encode(this.#make(key));
    if (this.#known.size < KEPT) this.#known.set(key, made);
    return made;
  }
}
