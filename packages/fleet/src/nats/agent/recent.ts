/** Milliseconds for which a request is remembered, and the maximum number of remembered requests. */
const LIFE = 600_000;
const MOST = 20_000;

/** Requests that have arrived, so that a message that is delivered twice is not executed twice. */
export class RecentRequests {
  /** Each request and when it arrived, the oldest first. */
  readonly #seen = new Map<string, number>();

  /** Notes a request. Returns false if it is known. */
  add(request: string): boolean {
    if (this.#seen.has(request)) return false;
    const now = performance.now();
    for (const [oldest, arrived] of this.#seen) {
      if (this.#seen.size < MOST && now - arrived < LIFE) break;
      this.#seen.delete(oldest);
    }
    this.#seen.set(request, now);
    return true;
  }
}
