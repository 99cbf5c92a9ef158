import type { Segment } from './segment.js';

/** Empty places at the front, before the array is moved up. */
const MOST_EMPTY = 1024;

/** The last segments, bounded in bytes. */
export class EventRing {
  readonly limit: number;
  #segments: (Segment | undefined)[] = [];
  #oldest = 0;
  #bytes = 0;
  #dropped = 0;

  /** @param after the seq before the first record that will come */
  constructor(limit: number, after: number) {
    this.limit = limit;
    this.#dropped = after;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Records held. */
  get count(): number {
    return this.last - this.#dropped;
  }
  /** The last seq that is not there any more; resuming behind it is possible. */
  get dropped(): number {
    return this.#dropped;
  }
  get last(): number {
    return this.#segments.at(-1)?.last ?? this.#dropped;
  }

  /** Adds the newest segment; the oldest leave as far as there is no room. The newest stays, however large. */
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

  /** The segment that holds a record; `undefined` when it is gone, or not there yet. */
  find(seq: number): Segment | undefined {
    let low = this.#oldest;
    let high = this.#segments.length - 1;
    // Nearly all ask for the newest.
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
