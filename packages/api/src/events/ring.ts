import type { Segment } from './segment.js';

/** Number of empty slots at the front before the array is compacted. */
const MOST_EMPTY = 1024;

/** The newest segments, up to a number of bytes. */
export class EventRing {
  readonly limit: number;
  #segments: (Segment | undefined)[] = [];
  #oldest = 0;
  #bytes = 0;
  #dropped = 0;

  /** Makes an empty ring. @param after the sequence number before the first record */
  constructor(limit: number, after: number) {
    this.limit = limit;
    this.#dropped = after;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Number of records. */
  get count(): number {
    return this.last - this.#dropped;
  }
  /** The sequence number of the newest record that was dropped. A client can resume after it. */
  get dropped(): number {
    return this.#dropped;
  }
  get last(): number {
    return this.#segments.at(-1)?.last ?? this.#dropped;
  }

  /**
   * Adds a segment, and drops the oldest ones while the ring is over its limit. The newest segment always stays,
   * whatever its size.
   */
  push(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.size;
    while (this.#bytes > this.limit && this.#oldest < this.#segments.length - 1) {
      const oldest = this.#segments[this.#oldest]!;
      this.#segments[this.#oldest++] = undefined;
      this.#bytes -= oldest.size;
      this.#dropped = oldest.last;
    }
    if (this.#oldest < MOST_EMPTY) return;
    this.#segments = this.#segments.slice(this.#oldest);
    this.#oldest = 0;
  }

  /**
   * Finds the segment that contains a record. Returns `undefined` for a record that was dropped or does not exist yet.
   */
  find(seq: number): Segment | undefined {
    let low = this.#oldest;
    let high = this.#segments.length - 1;
    // Most readers ask for the newest segment.
    if (high >= low && seq >= this.#segments[high]!.first) low = high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#segments[middle]!.first <= seq) low = middle;
      else high = middle - 1;
    }
    const found = this.#segments[low];
    return found !== undefined && seq >= found.first && seq <= found.last ? found : undefined;
  }
}
