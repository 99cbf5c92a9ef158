import { Problem } from '../http/problem/problems.js';

/** How many requests a principal may send. */
export interface RateLimits {
  /** Requests in one window. Default: 600,000. */
  requests: number;
  /** Length of the window in milliseconds. Default: 60,000. */
  window: number;
}

/** Maximum number of callers that are tracked. */
const MAX_CALLERS = 10_000;

interface Bucket {
  tokens: number;
  /** The time at which the bucket had this many tokens, in milliseconds. */
  at: number;
}

/** The headers of draft-ietf-httpapi-ratelimit-headers. */
export type RateHeaders = Readonly<Record<'ratelimit-policy' | 'ratelimit', string>>;

/**
 * A token bucket for each caller: it may use a full window's requests at once, and then continues at the average rate.
 * If there are too many callers, the one that was idle longest is forgotten.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #policy: string;
  /** The bucket of the last request. */
  #latest: Bucket | undefined;

  /** Makes a limiter. @param now a monotonic clock, in milliseconds */
  constructor(limits: RateLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
    this.#policy = `"requests";q=${limits.requests};w=${Math.ceil(limits.window / 1000)}`;
  }

  /** Counts one request, and returns the headers with the rest. @throws Problem `too-many-requests` */
  take(principal: string): RateHeaders {
    const { requests, window } = this.#limits;
    const now = this.#now();
    const rate = requests / window;
    const bucket = this.#buckets.get(principal) ?? { tokens: requests, at: now };
    bucket.tokens = Math.min(requests, bucket.tokens + (now - bucket.at) * rate);
    bucket.at = now;
    if (bucket !== this.#latest) {
      // Callers are kept in the order of their last request.
      this.#buckets.delete(principal);
      this.#buckets.set(principal, bucket);
      if (this.#buckets.size > MAX_CALLERS) this.#buckets.delete(this.#buckets.keys().next().value!);
      this.#latest = bucket;
    }
    if (bucket.tokens < 1) {
      const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / rate / 1000));
      throw new Problem(
        'too-many-requests',
        `'${principal}' exceeded ${requests} requests in ${window / 1000} s. Wait ${seconds} s`,
        {},
        { ...this.#headers(bucket, rate), 'retry-after': String(seconds) },
      );
    }
    bucket.tokens--;
    return this.#headers(bucket, rate);
  }

  #headers({ tokens }: Bucket, rate: number): RateHeaders {
    const full = Math.ceil((this.#limits.requests - tokens) / rate / 1000);
    return { 'ratelimit-policy': this.#policy, ratelimit: `"requests";r=${Math.floor(tokens)};t=${full}` };
  }
}
