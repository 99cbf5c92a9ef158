import type { ServeOptions } from '@conntrack/api';

type Outcome = 'ok' | 'failed';

/** Counts how often something was read again, and how that ended. */
export class ReloadCounts {
  readonly #counts = new Map<string, { what: string; outcome: Outcome; count: number }>();

  /** Adds one. */
  add(what: string, outcome: Outcome): void {
    const key = `${what} ${outcome}`;
    const known = this.#counts.get(key) ?? { what, outcome, count: 0 };
    known.count++;
    this.#counts.set(key, known);
  }

  /** All counts, for the server's metrics. */
  readonly read: NonNullable<ServeOptions['reloads']> = () => [...this.#counts.values()];
}
