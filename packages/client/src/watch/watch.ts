import { delayOf, passes, type RetryOptions, sleep } from '../calls/backoff.js';
import type { FilterInput } from '../calls/filter-text.js';
import { queryOf } from '../calls/parameters.js';
import type { Transport } from '../calls/transport.js';
import { ApiError, ClientError } from '../errors.js';
import type { WatchRecord } from '../protocol/records.js';
import { recordsOf } from './record-stream.js';

/** What to watch, and from where. */
export interface WatchOptions {
  /** Default: all three. */
  types?: readonly ('new' | 'update' | 'destroy')[];
  /** Begin with the flows that are there, each as a `snapshot`, and again after each `resync`. */
  initial?: boolean;
  /** Begin behind this position: a list's, or that of the last record of an earlier watch. */
  since?: string;
  /** Give bookmarks as well; default: false (the one that ends a snapshot always comes). */
  bookmarks?: boolean;
  /** Milliseconds without a sign of life, after which the connection is given up and made again (default: 60,000; the server sends one every 15,000). */
  idle?: number;
  retry?: RetryOptions;
  signal?: AbortSignal;
}

/** The status of a position that the server has forgotten. */
const GONE = 410;

/** How one connection ended. */
interface Ending {
  error?: Error | undefined;
  /** Seconds that the server asks to wait. */
  retryAfter?: number | undefined;
}

/** A watch over as many connections as it takes. */
class Watch {
  readonly #transport: Transport;
  readonly #filter: FilterInput | undefined;
  readonly #options: WatchOptions;
  /** Behind this record the next connection goes on. */
  #position: string | undefined;
  /** A snapshot has begun, and not ended: no position in it can be gone on from. */
  #inSnapshot = false;
  /** Tries since the last record. */
  attempt = 0;
  /** Some record has come. */
  begun = false;

  constructor(transport: Transport, filter: FilterInput | undefined, options: WatchOptions) {
    this.#transport = transport;
    this.#filter = filter;
    this.#options = options;
    this.#position = options.since;
  }

  /**
   * Begin again: what has to be said of the records that are lost. With snapshots nothing has: the server begins each with a `resync`.
   */
  forget(): WatchRecord[] {
    const position = this.#position ?? '';
    this.#position = undefined;
    if (this.#options.initial) return [];
    return [
      { type: 'gap', where: 'ring', count: null, position },
      { type: 'resync', reason: 'ring', snapshot: false, position },
    ];
  }

  /** The records of one connection. */
  async *connection(): AsyncGenerator<WatchRecord, Ending> {
    const { types, initial, signal, idle } = this.#options;
    const query = queryOf(this.#filter, { types, since: this.#position, initial: initial || undefined });
    for await (const record of recordsOf(this.#transport, { path: '/conntrack/events', query, idle, signal })) {
      const known = this.#take(record as unknown as WatchRecord);
      if (known !== undefined) yield known;
    }
    return {};
  }

  /** Keeps account of a record; `undefined` for one that is not the reader's. */
  #take(record: WatchRecord): WatchRecord | undefined {
    this.attempt = 0;
    this.begun = true;
    const { type, position } = record;
    if (type === 'resync' && record.snapshot) this.#inSnapshot = true;
    const ends = type === 'bookmark' && this.#inSnapshot;
    if (ends) this.#inSnapshot = false;
    if (!this.#inSnapshot) this.#position = position;
    return type === 'bookmark' && !ends && !this.#options.bookmarks ? undefined : record;
  }

  /** A connection is over. Half a snapshot is none, and nothing can be gone on from in it. */
  ended(): void {
    this.attempt++;
    if (this.#inSnapshot) this.#position = undefined;
    this.#inSnapshot = false;
  }
}

/**
 * Records as they come, over as many connections as it takes: after a break it goes on behind the last record. Where the server has forgotten that
 * place it says so with a `gap`, or, with `initial`, a `resync` and a fresh snapshot.
 *
 * @throws ApiError when the server refuses for good, or has forgotten the `since` that was given (410); ClientError WATCH_FAILED
 */
export async function* watch(
  transport: Transport,
  filter: FilterInput | undefined,
  options: WatchOptions = {},
): AsyncGenerator<WatchRecord, never> {
  const { signal, retry = {} } = options;
  const { maxAttempts = Number.POSITIVE_INFINITY, onRetry } = retry;
  const wait = retry.sleep ?? sleep;
  const state = new Watch(transport, filter, options);
  for (;;) {
    let ending: Ending;
    try {
      ending = yield* state.connection();
    } catch (error) {
      signal?.throwIfAborted();
      // The caller's own `since` is the caller's to fix: by a list.
      const forgotten = error instanceof ApiError && error.status === GONE && state.begun;
      if (forgotten) yield* state.forget();
      else if (!passes(error)) throw error;
      ending = { error: error as Error, retryAfter: error instanceof ApiError ? error.retryAfter : undefined };
    }
    state.ended();
    if (state.attempt >= maxAttempts)
      throw new ClientError('WATCH_FAILED', `stopped after ${state.attempt} attempts`, ending.error);
    const delay = delayOf(state.attempt, retry, ending.retryAfter);
    onRetry?.({ attempt: state.attempt, delay, error: ending.error });
    await wait(delay, signal);
  }
}
