/**
 * Changes under way. A change that has begun goes on when its client leaves, and its outcome can be read afterwards; it stops, between two batches, only
 * when the server does.
 */
export class ChangeRuns {
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Aborted when the server stops and its grace is over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** How many run now. */
  get size(): number {
    return this.#running.size;
  }

  /** Runs one, so that {@link close} waits for its end. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    const running = act();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Stops all, each after its batch, and waits until their outcomes are written. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException('the server is stopping', 'AbortError'));
    await Promise.allSettled(this.#running);
  }
}
