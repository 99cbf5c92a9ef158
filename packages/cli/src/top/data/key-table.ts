/** Load factor from which a hash table is enlarged. */
const FULL = 0.6;
const SMALLEST = 1024;

/** Returns a copy of a typed array with room for `length` numbers. */
export function enlarged<A extends Uint32Array | Float64Array | Float32Array>(array: A, length: number): A {
  const made = new (array.constructor as new (length: number) => A)(length);
  made.set(array);
  return made;
}

/**
 * Numbers keys of a fixed width, from 0, in typed arrays: a table of a million flows takes no objects. Keys are exact; a caller that puts a
 * hash into the key accepts its collisions.
 */
export class KeyTable {
  #words: Uint32Array;
  /** For each place of the hash table: the number of a key + 1, or 0. */
  #places: Uint32Array;
  #size = 0;
  /** The number after the one that was found last: a table is read again in nearly the same order. */
  #next = 0;

  /** @param width 32-bit words of a key */
  constructor(
    readonly width: number,
    expected = 0,
  ) {
    let places = SMALLEST;
    while (places * FULL < expected) places *= 2;
    this.#places = new Uint32Array(places);
    this.#words = new Uint32Array(Math.floor(places * FULL) * width);
  }

  /** Number of keys. */
  get size(): number {
    return this.#size;
  }

  /** Number of keys that fit before the table grows. Columns beside the table need this length. */
  get capacity(): number {
    return Math.floor(this.#places.length * FULL);
  }

  /** The word of a key. */
  word(number: number, index: number): number {
    return this.#words[number * this.width + index]!;
  }

  /** Copies a key into `into`. */
  read(number: number, into: Uint32Array): void {
    for (let i = 0; i < this.width; i++) into[i] = this.word(number, i);
  }

  /** Returns the number of a key; adds the key if it is new, which shows in {@link size}. */
  add(key: Uint32Array): number {
    if (this.#next < this.#size && this.#equals(this.#next, key)) return this.#next++;
    const { width } = this;
    let mask = this.#places.length - 1;
    let place = hashOf(key, 0, width) & mask;
    for (let found = this.#places[place]!; found !== 0; found = this.#places[place]!) {
      if (this.#equals(found - 1, key)) {
        this.#next = found;
        return found - 1;
      }
      place = (place + 1) & mask;
    }
    if (this.#size >= this.capacity) {
      this.#grow();
      mask = this.#places.length - 1;
      place = this.#freePlace(hashOf(key, 0, width));
    }
    const number = this.#size++;
    this.#places[place] = number + 1;
    const at = number * width;
    for (let i = 0; i < width; i++) this.#words[at + i] = key[i]!;
    return number;
  }

  #equals(number: number, key: Uint32Array): boolean {
    const at = number * this.width;
    for (let i = 0; i < this.width; i++) if (this.#words[at + i] !== key[i]) return false;
    return true;
  }

  #freePlace(hash: number): number {
    const mask = this.#places.length - 1;
    let place = hash & mask;
    while (this.#places[place] !== 0) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    this.#places = new Uint32Array(this.#places.length * 2);
    this.#words = enlarged(this.#words, this.capacity * this.width);
    for (let number = 0; number < this.#size; number++)
      this.#places[this.#freePlace(hashOf(this.#words, number * this.width, this.width))] = number + 1;
  }
}

/** Hashes words; MurmurHash3's mixing. */
export function hashOf(words: Uint32Array, from: number, count: number): number {
  let hash = 0x9747b28c;
  for (let i = from; i < from + count; i++) {
    let word = Math.imul(words[i]!, 0xcc9e2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
