import { powerOfTwo } from './hash.js';

/** Rows for each bucket at full capacity. */
const LOAD = 2;

/** Rows by the hash of one of their tuples. */
export class TupleHash {
  #next!: Uint32Array;
  #heads!: Uint32Array;

  constructor(capacity: number) {
    this.reset(capacity);
  }

  /** Empties the hash and makes room for more rows. The caller adds the rows again. */
  reset(capacity: number): void {
    this.#next = new Uint32Array(capacity);
    this.#heads = new Uint32Array(powerOfTwo(capacity / LOAD));
  }

  /** Bytes of memory for each row, and of all buckets. */
  static readonly rowBytes = 4;
  get bucketBytes(): number {
    return this.#heads.length * 4;
  }

  /** Returns the first row of a hash's bucket; 0 if it is empty. */
  first(hash: number): number {
    return this.#heads[hash & (this.#heads.length - 1)]!;
  }

  /** Returns the row after a row; 0 at the end. */
  after(row: number): number {
    return this.#next[row]!;
  }

  add(row: number, hash: number): void {
    const bucket = hash & (this.#heads.length - 1);
    this.#next[row] = this.#heads[bucket]!;
    this.#heads[bucket] = row;
  }

  remove(row: number, hash: number): void {
    const bucket = hash & (this.#heads.length - 1);
    const next = this.#next;
    let at = this.#heads[bucket]!;
    if (at === row) {
      this.#heads[bucket] = next[row]!;
      return;
    }
    while (next[at] !== row) at = next[at]!;
    next[at] = next[row]!;
  }
}
