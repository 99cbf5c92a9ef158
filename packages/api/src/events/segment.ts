import { printableJson } from '@conntrack/flow/text';
import type { RowCursor } from '@conntrack/table';
import { JSON_ROW } from '../http/answer/formats.js';

/** Bytes from which a segment is full. One record is far below this. */
const FULL = 64 * 1024;
/** Records that a segment has at most: a record is longer than 100 bytes. */
const RECORDS = 1024;
/** What a flow's JSON takes at most, but for rare ones, and what stands behind it. */
const ROOM = 4096;
const BRACE = 125;
const NEWLINE = 10;
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
  /** The line of a record. */
  text(index: number): string {
    return this.bytes.toString('utf8', this.start(index), this.ends[index]!);
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

  /** One more record: what stands before its flow, and the flow. */
  add(kind: number, head: string, cursor: Pick<RowCursor, 'flow' | 'write'>): void {
    this.#room(head.length + ROOM);
    const at = this.#length + this.#bytes.write(head, this.#length, 'latin1');
    let end = cursor.write?.(JSON_ROW, this.#bytes, at) ?? -1;
    if (end < 0) {
      const text = printableJson(cursor.flow());
      this.#length = at;
      // UTF-8 takes three bytes for a UTF-16 unit at most.
      this.#room(text.length * 3 + 2);
      end = at + this.#bytes.write(text, at);
    }
    this.#bytes[end] = BRACE;
    this.#bytes[end + 1] = NEWLINE;
    this.#close(kind, end + 2);
  }

  /** A record that has no line of its own. */
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
