import { printableJson } from '@conntrack/flow/text';
import type { RowCursor } from '@conntrack/table';
import { JSON_ROW } from '../http/answer/formats.js';

/** Bytes from which a segment is full. A single record is much smaller. */
const FULL = 64 * 1024;
/** Maximum number of records in a segment. A record is longer than 100 bytes. */
const RECORDS = 1024;
/** Bytes reserved for a flow's JSON and the end of its line. Longer flows are rare and take a slower path. */
const ROOM = 4096;
const BRACE = 125;
const NEWLINE = 10;
/** Approximate memory of a segment beside its bytes. */
const OVERHEAD = 256;

/** The record kind `gap`. The kinds 0 to 2 are new, update and destroy, like a cursor's `event()`. */
export const GAP = 3;

/** Consecutive records as NDJSON: written once, read by all subscribers. */
export class Segment {
  constructor(
    /** The sequence numbers of the first and of the last record. */
    readonly first: number,
    readonly last: number,
    readonly bytes: Buffer,
    /** The end of each record's line in `bytes`. */
    readonly ends: Uint32Array,
    /** The kind of each record. A gap is always alone in its segment. */
    readonly kinds: Uint8Array,
  ) {}

  get count(): number {
    return this.kinds.length;
  }
  get isGap(): boolean {
    return this.kinds[0] === GAP;
  }
  /** Bytes of memory in use. */
  get size(): number {
    return this.bytes.length + this.count * 5 + OVERHEAD;
  }
  /** The line of a record. */
  text(index: number): string {
    return this.bytes.toString('utf8', this.start(index), this.ends[index]!);
  }
  /** The start of a record's line in `bytes`. */
  start(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }
}

/** Builds the next segment. */
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

  /** Adds a record: `head` is the JSON before its flow. */
  add(kind: number, head: string, cursor: Pick<RowCursor, 'flow' | 'write'>): void {
    this.#room(head.length + ROOM);
    const at = this.#length + this.#bytes.write(head, this.#length, 'latin1');
    let end = cursor.write?.(JSON_ROW, this.#bytes, at) ?? -1;
    if (end < 0) {
      const text = printableJson(cursor.flow());
      this.#length = at;
      // A UTF-16 unit takes at most three bytes in UTF-8.
      this.#room(text.length * 3 + 2);
      end = at + this.#bytes.write(text, at);
    }
    this.#bytes[end] = BRACE;
    this.#bytes[end + 1] = NEWLINE;
    this.#close(kind, end + 2);
  }

  /** Adds a record without a line. */
  addEmpty(kind: number): void {
    this.#close(kind, this.#length);
  }

  #close(kind: number, end: number): void {
    this.#length = end;
    this.#ends[this.#count] = end;
    this.#kinds[this.#count++] = kind;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.#length + bytes + FULL);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  /** Returns the records so far as a segment that ends with sequence number `last`, and empties the builder. */
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
