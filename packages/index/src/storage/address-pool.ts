import { finish, mix } from './hash.js';

const FIRST = 1024;
/** Addresses for each bucket at full capacity. */
const BUCKET = 4;

/** IPv6 addresses, each once, with the number of its users. A place of 0 means none. */
export class AddressPool {
  #capacity = FIRST;
  #words = new Uint32Array(FIRST * 4);
  #users = new Uint32Array(FIRST);
  /** The next place of the same bucket; for a free place, the next free one. */
  #next = new Uint32Array(FIRST);
  #heads = new Uint32Array(FIRST / BUCKET);
  #free = 0;
  #high = 1;
  #size = 0;

  /** Number of addresses. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory in use. */
  get bytes(): number {
    return this.#high * 24 + this.#heads.length * 4;
  }

  /** Returns one of the four words of an address. */
  word(place: number, index: number): number {
    return this.#words[place * 4 + index]!;
  }

  /** Returns the place of an address; 0 if it is not in the pool. */
  find(a: number, b: number, c: number, d: number): number {
    const words = this.#words;
    let place = this.#heads[bucketOf(a, b, c, d) & (this.#heads.length - 1)]!;
    for (; place !== 0; place = this.#next[place]!) {
      const at = place * 4;
      if (words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a) return place;
    }
    return 0;
  }

  /** Adds an address that the pool does not have, without users, and returns its place. */
  add(a: number, b: number, c: number, d: number): number {
    const place = this.#place();
    const words = this.#words;
    const at = place * 4;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    const bucket = bucketOf(a, b, c, d) & (this.#heads.length - 1);
    this.#next[place] = this.#heads[bucket]!;
    this.#heads[bucket] = place;
    this.#users[place] = 0;
    this.#size++;
    return place;
  }

  /** Adds a user of an address. */
  use(place: number): void {
    this.#users[place]!++;
  }

  /** Removes a user. An address without users is removed. */
  release(place: number): void {
    if (--this.#users[place]! > 0) return;
    const bucket = this.#bucketAt(place);
    const next = this.#next;
    if (this.#heads[bucket] === place) this.#heads[bucket] = next[place]!;
    else {
      let before = this.#heads[bucket]!;
      while (next[before] !== place) before = next[before]!;
      next[before] = next[place]!;
    }
    next[place] = this.#free;
    this.#free = place;
    this.#size--;
  }

  #place(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.#next[free]!;
      return free;
    }
    if (this.#high === this.#capacity) this.#grow();
    return this.#high++;
  }

  #bucketAt(place: number): number {
    const at = place * 4;
    const words = this.#words;
    return bucketOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!) & (this.#heads.length - 1);
  }

  /** Doubles the room. Only called while every place is used. */
  #grow(): void {
    const capacity = this.#capacity * 2;
    const larger = (old: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> => {
      const made = new Uint32Array(length);
      made.set(old);
      return made;
    };
    this.#words = larger(this.#words, capacity * 4);
    this.#users = larger(this.#users, capacity);
    this.#next = new Uint32Array(capacity);
    this.#heads = new Uint32Array(capacity / BUCKET);
    this.#capacity = capacity;
    for (let place = 1; place < this.#high; place++) {
      const bucket = this.#bucketAt(place);
      this.#next[place] = this.#heads[bucket]!;
      this.#heads[bucket] = place;
    }
  }
}

const bucketOf = (a: number, b: number, c: number, d: number): number => finish(mix(mix(mix(mix(0, a), b), c), d));
