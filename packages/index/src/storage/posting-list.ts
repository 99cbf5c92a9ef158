import { finish, mix, powerOfTwo } from './hash.js';

/** Rows for each bucket at full capacity. Few rows of other values are read, and the buckets take up little memory. */
const LOAD = 16;

/**
 * The rows of each value of a column, linked in both directions. Values share buckets, so whoever walks a list compares the value again.
 */
export class PostingList {
  #next!: Uint32Array;
  #previous!: Uint32Array;
  #heads!: Uint32Array;
  #sizes!: Uint32Array;

  constructor(capacity: number) {
    this.reset(capacity);
  }

  /** Empties the lists and makes room for more rows. The caller adds the rows again. */
  reset(capacity: number): void {
    const buckets = powerOfTwo(capacity / LOAD);
    this.#next = new Uint32Array(capacity);
    this.#previous = new Uint32Array(capacity);
    this.#heads = new Uint32Array(buckets);
    this.#sizes = new Uint32Array(buckets);
  }

  /** Bytes of memory for each row, and of all buckets. */
  static readonly rowBytes = 8;
  get bucketBytes(): number {
    return this.#heads.length * 8;
  }

  #bucket(value: number): number {
    return finish(mix(0, value)) & (this.#heads.length - 1);
  }

  /** Number of rows in the list of a value; more if the value shares its bucket. */
  size(value: number): number {
    return this.#sizes[this.#bucket(value)]!;
  }

  /** Returns the first row of a value's list; 0 if it is empty. */
  first(value: number): number {
    return this.#heads[this.#bucket(value)]!;
  }

  /** Returns the row after a row; 0 at the end. */
  after(row: number): number {
    return this.#next[row]!;
  }

  add(row: number, value: number): void {
    const bucket = this.#bucket(value);
    const head = this.#heads[bucket]!;
    this.#next[row] = head;
    this.#previous[row] = 0;
    if (head !== 0) this.#previous[head] = row;
    this.#heads[bucket] = row;
    this.#sizes[bucket]!++;
  }

  remove(row: number, value: number): void {
    const bucket = this.#bucket(value);
    const next = this.#next[row]!;
    const previous = this.#previous[row]!;
    if (previous === 0) this.#heads[bucket] = next;
    else this.#next[previous] = next;
    if (next !== 0) this.#previous[next] = previous;
    this.#sizes[bucket]!--;
  }
}
