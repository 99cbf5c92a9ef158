import type { ServeOptions } from '@conntrack/api';

type Outcome = 'ok' | 'failed';

/** Counts reloads by content and outcome. */
export class ReloadCounts {
  readonly #counts = new Map<string, { what: string; outcome: Outcome; count: number }>();

  /** Counts one reload. */
  add(what: string, outcome: Outcome): void {
    const key = `${what} ${outcome}`;
    const known = this.#counts.get(key) ?? { what, outcome, count: 0 };
    known.count++;
    this.#counts.set(key, known);
  }

  /** All counts, for the server's metrics. */
  readonly read: NonNullable<ServeOptions['reloads']> = () => [...this.#counts.values()];
}
