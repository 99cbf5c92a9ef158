/** Milliseconds from the end of a dump to the next one, so that all of its entries have a rate. The index needs half of it. */
const SHORTEST = 500;
/** Milliseconds between the two dumps that rates are measured with. */
const LONGEST = 10_000;

/** The dumps that rates are measured with; times are those of `performance.now`. */
export class RateDumps {
  #began = Number.NEGATIVE_INFINITY;
  #ended = Number.NEGATIVE_INFINITY;
  /** Milliseconds between the last two of them. */
  #apart = Number.POSITIVE_INFINITY;

  /** Notes a complete dump. One shortly after the last one does not change rates. */
  note(began: number, ended: number): void {
    if (began - this.#ended < SHORTEST) return;
    this.#apart = began - this.#began;
    this.#began = began;
    this.#ended = ended;
  }

  /**
   * Returns when the next dump must begin, for rates of now: after the last one by `interval` or a little more. Returns `undefined` if the last two
   * are close enough to each other.
   *
   * @param usual milliseconds between two dumps if somebody asks all the time
   */
  next(interval: number, usual: number): number | undefined {
    return this.#apart <= Math.max(LONGEST, 2 * usual) ? undefined : this.#ended + Math.max(SHORTEST, interval);
  }
}
