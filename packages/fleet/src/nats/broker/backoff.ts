/** Milliseconds between two attempts: the shortest and the longest. */
const SHORTEST = 250;
const LONGEST = 15_000;

/**
 * The time between attempts to connect: a part of the time that the connection is gone already, so that it grows. Each
 * program has its own factor, so that the hosts of a fleet do not all come at once after a restart of the broker.
 */
export class Backoff {
  readonly #factor = 0.5 + Math.random();
  #since = performance.now();

  /** The connection is gone from now on. */
  begin(): void {
    this.#since = performance.now();
  }

  /** Milliseconds until the next attempt. */
  wait(): number {
    const gone = (performance.now() - this.#since) / 2;
    return Math.round(Math.min(LONGEST, Math.max(SHORTEST, gone)) * this.#factor);
  }
}
