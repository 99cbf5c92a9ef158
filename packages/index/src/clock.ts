/** The clocks of an index. */
export interface Clocks {
  /** Returns milliseconds that only rise: `performance.now`. Timeouts and rates use it, so that setting the clock of the host does not matter. */
  now(): number;
  /** Returns milliseconds since 1970. Default: `Date.now`. */
  time(): number;
}

/** Quarters of a second in milliseconds. */
const QUARTER = 250;

/** The clock of the columns: whole units of 32 bits, counted from the first reading. */
export class ColumnClock {
  readonly #clocks: Clocks;
  readonly #zero: number;
  /** Milliseconds, from 1 to 2^32, at the last {@link tick}. */
  milliseconds = 1;
  /** Seconds since 1970 at the last {@link tick}. */
  seconds = 0;
  #quarters = 0;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#zero = clocks.now();
  }

  /** Reads the clocks. What is written until the next tick has the same time: reading a clock for each entry costs more than the entry. */
  tick(): void {
    const elapsed = this.#clocks.now() - this.#zero;
    this.milliseconds = (Math.floor(elapsed) + 1) >>> 0;
    this.#quarters = Math.floor(elapsed / QUARTER);
    this.seconds = Math.floor(this.#clocks.time() / 1000);
  }

  /** Returns the deadline of an entry that expires after some seconds, in quarters of a second. */
  deadline(timeout: number): number {
    // The kernel rounds down: on average the entry expires half a second later.
    return Math.min(0xfffffffe, this.#quarters + timeout * 4 + 2);
  }

  /** Returns the seconds until a deadline, at least 0. */
  remaining(deadline: number): number {
    return Math.max(0, Math.floor((deadline - Math.floor((this.#clocks.now() - this.#zero) / QUARTER)) / 4));
  }
}
