/** The clocks of an index. */
export interface Clocks {
  /** Returns milliseconds that only rise: `performance.now`. Timeouts and rates use it, so that setting the clock of the host does not matter. */
  now(): number;
  /** Returns milliseconds since 1970. Default: `Date.now`. */
  time(): number;
}

/** The clock of the columns: whole units of 32 bits, counted from the first reading. */
export class ColumnClock {
  readonly #clocks: Clocks;
  readonly #zero: number;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#zero = clocks.now();
  }

  /** Milliseconds, from 1 to 2^32. */
  get milliseconds(): number {
    return (Math.floor(this.#clocks.now() - this.#zero) + 1) >>> 0;
  }

  /** Seconds since 1970. */
  get seconds(): number {
    return Math.floor(this.#clocks.time() / 1000);
  }

  /** Returns the deadline of an entry that expires after some seconds, in quarters of a second. */
  deadline(timeout: number): number {
    // The kernel rounds down: on average the entry expires half a second later.
    return Math.min(0xfffffffe, Math.floor((this.#clocks.now() - this.#zero) / 250) + timeout * 4 + 2);
  }

  /** Returns the seconds until a deadline, at least 0. */
  remaining(deadline: number): number {
    return Math.max(0, Math.floor((deadline - Math.floor((this.#clocks.now() - this.#zero) / 250)) / 4));
  }
}
