import { createHash } from 'node:crypto';
import { Problem } from './problem/problems.js';

/** Milliseconds that a response is kept for repeats of its request. */
const LIFE = 600_000;
/** Maximum number of responses kept for one caller, and maximum bytes of all. The oldest are dropped first. */
const PER_CALLER = 1_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** A response that can be sent again. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Entry {
  readonly caller: string;
  readonly fingerprint: string;
  readonly answer: Promise<StoredAnswer | undefined>;
  bytes: number;
  timer?: NodeJS.Timeout;
}

/** Printable ASCII: valid in a header, and safe in a log. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Identifies a request. A key that is reused for another request is an error. */
export const fingerprintOf = (method: string, url: string, body: string): string =>
  createHash('sha256').update(`${method} ${url}\n${body}`).digest('base64');

/**
 * Responses by `Idempotency-Key`: a change that is sent again because its response was lost is not made twice. A repeat
 * that arrives while the first request runs waits for its response.
 */
export class IdempotencyStore {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** Number of kept responses and running requests. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Makes a change once, and returns its response.
   *
   * @param act makes the change; if it resolves to `undefined`, nothing was done and the key can be used again
   * @returns the response, and whether it is a kept one
   * @throws Problem `idempotency-key-invalid`, `idempotency-key-reused`
   */
  async once(
    caller: string,
    key: string,
    fingerprint: string,
    act: () => Promise<StoredAnswer | undefined>,
  ): Promise<{ answer: StoredAnswer | undefined; replayed: boolean }> {
    if (!KEY.test(key))
      throw new Problem(
        'idempotency-key-invalid',
        `the Idempotency-Key has ${key.length} characters; it must be 1 to 255 printable ASCII characters without spaces`,
      );
    const name = `${caller}\n${key}`;
    const known = this.#entries.get(name);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint)
        throw new Problem(
          'idempotency-key-reused',
          'this Idempotency-Key was used with another request. Use a new key for each change',
        );
      const answer = await known.answer;
      if (answer !== undefined) return { answer, replayed: true };
      return this.once(caller, key, fingerprint, act);
    }
    const entry: Entry = { caller, fingerprint, answer: act().catch(() => undefined), bytes: 0 };
    this.#entries.set(name, entry);
    const answer = await entry.answer;
    if (answer === undefined) this.#drop(name);
    else this.#keep(name, entry, answer);
    return { answer, replayed: false };
  }

  #keep(name: string, entry: Entry, { body }: StoredAnswer): void {
    entry.bytes = 2 * body.length + name.length + 256;
    this.#bytes += entry.bytes;
    entry.timer = setTimeout(() => this.#drop(name), LIFE).unref();
    let own = 0;
    for (const each of this.#entries.values()) if (each.caller === entry.caller) own++;
    for (const [old, each] of this.#entries) {
      if (own <= PER_CALLER && this.#bytes <= MAX_BYTES) return;
      // Running requests and the newest response are not dropped.
      if (each.timer === undefined || each === entry) continue;
      if (own > PER_CALLER && each.caller !== entry.caller && this.#bytes <= MAX_BYTES) continue;
      if (each.caller === entry.caller) own--;
      this.#drop(old);
    }
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    this.#bytes -= entry.bytes;
    this.#entries.delete(name);
  }
}
