import type { Gap } from '../record.js';

/** Milliseconds by which the clock may run faster or slower between two looks. */
const TOLERANCE = 2000;

/** Notices that the clock of the host was set, by a clock that cannot be set. */
export class ClockWatch {
  readonly #now: () => number;
  readonly #monotonic: () => number;
  #offset: number;

  constructor(now: () => number = Date.now, monotonic: () => number = () => performance.now()) {
    this.#now = now;
    this.#monotonic = monotonic;
    this.#offset = now() - monotonic();
  }

  /** Returns the times that occurred twice, or not at all, since the last look. */
  look(): Gap | undefined {
    const now = this.#now();
    const offset = now - this.#monotonic();
    const jump = offset - this.#offset;
    this.#offset = offset;
    if (Math.abs(jump) < TOLERANCE) return undefined;
    const seconds = Math.round(Math.abs(jump) / 1000);
    return jump > 0
      ? {
          from: now - jump,
          to: now,
          cause: 'clock',
          reason: `the clock was set forward by ${seconds} s, or the machine slept`,
        }
      : {
          from: now,
          to: now - jump,
          cause: 'clock',
          reason: `the clock was set back by ${seconds} s: these times occur twice`,
        };
  }
}
