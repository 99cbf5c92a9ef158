/** Bytes from which a segment is full. One record is far below this. */
const FULL = 64 * 1024;
/** Records that a segment has at most: a record is longer than 100 bytes. */
const RECORDS = 1024;
/** What a segment costs beside its bytes, about. */
const OVERHEAD = 256;

/** Place of a `gap` among the kinds of records; new, update and destroy are 0 to 2, as a cursor's `event()` says. */
export const GAP = 3;

/** Records that follow each other, as NDJSON: written once, read by all. */
export class Segment {
  constructor(
    /** The seq of the first record, and of the last. */
    readonly first: number,
    readonly last: number,
    readonly bytes: Buffer,
    /** Where each record's line ends in `bytes`. */
    readonly ends: Uint32Array,
    /** What each is. A gap stands alone in its segment. */
    readonly kinds: Uint8Array,
  ) {}

  get count(): number {
    return this.kinds.length;
  }
  get isGap(): boolean {
    return this.kinds[0] === GAP;
  }
  /** Bytes of memory. */
  get size(): number {
    return this.bytes.length + this.count * 5 + OVERHEAD;
  }
  /** Where the line of a record begins. */
  start(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }
}

/** A segment that is being written. */
export class SegmentBuilder {
  #bytes = Buffer.allocUnsafeSlow(2 * FULL);
  #length = 0;
  #count = 0;
  readonly #ends = new Uint32Array(RECORDS);
  readonly #kinds = new Uint8Array(RECORDS);

  get count(): number {
    return this.#count;
  }
  get full(): boolean {
    return this.#length >= FULL || this.#count === RECORDS;
  }

  /** One more record: its line, with the newline. */
  add(kind: number, line: string): void {
    // UTF-8 takes three bytes for a UTF-16 unit at most.
    const room = this.#length + line.length * 3;
    if (room > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(room + FULL);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(line, this.#length);
    this.#ends[this.#count] = this.#length;
    this.#kinds[this.#count++] = kind;
  }

  /** The records so far as a segment whose last record has this seq; the builder is empty then. */
  build(last: number): Segment {
    const bytes = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(bytes, 0, 0, this.#length);
    const count = this.#count;
    const segment = new Segment(last - count + 1, last, bytes, this.#ends.slice(0, count), this.#kinds.slice(0, count));
    this.#length = 0;
    this.#count = 0;
    return segment;
  }
}
