/**
 * Running changes. A change continues when its client disconnects. It stops early only when the server stops, and only
 * between two batches.
 */
export class ChangeRuns {
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Aborted when the server stops and its grace period is over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Number of running changes. */
  get size(): number {
    return this.#running.size;
  }

  /** Runs a change. {@link close} waits for its end. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    const running = act();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Stops all changes, each after its current batch, and waits until their outcomes are written. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException('the server is stopping', 'AbortError'));
    await Promise.allSettled(this.#running);
  }
}
