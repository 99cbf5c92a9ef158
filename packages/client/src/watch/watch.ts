import { delayOf, passes, type RetryOptions, sleep } from '../calls/backoff.js';
import type { FilterInput } from '../calls/filter-text.js';
import { queryOf } from '../calls/parameters.js';
import type { Transport } from '../calls/transport.js';
import { ApiError, ClientError } from '../errors.js';
import type { WatchRecord } from '../protocol/records.js';
import { recordsOf } from './record-stream.js';

/** Options of a watch. */
export interface WatchOptions {
  /** Event types to report. Default: all three. */
  types?: readonly ('new' | 'update' | 'destroy')[];
  /** Start with a `snapshot` record for each existing flow, and repeat that after each `resync`. Default: false. */
  initial?: boolean;
  /**
   * Start after this position: that of a list, or of the last record of an earlier watch. Default: the current
   * position.
   */
  since?: string;
  /** Also return bookmarks. Default: false. The bookmark that ends a snapshot is always returned. */
  bookmarks?: boolean;
  /**
   * Milliseconds of silence after which the connection is replaced. Default: 60,000. The server sends something every
   * 15,000.
   */
  idle?: number;
  retry?: RetryOptions;
  signal?: AbortSignal;
}

/** The status for a position whose events are no longer available. */
const GONE = 410;

/** How a connection ended. */
interface Ending {
  error?: Error | undefined;
  /** Seconds to wait, if the server asked for it. */
  retryAfter?: number | undefined;
}

/** A watch over any number of connections. */
class Watch {
  readonly #transport: Transport;
  readonly #filter: FilterInput | undefined;
  readonly #options: WatchOptions;
  /** The next connection resumes after this position. */
  #position: string | undefined;
  /** Whether a snapshot is running: positions inside of it do not allow to resume. */
  #inSnapshot = false;
  /** Number of attempts since the last record. */
  attempt = 0;
  /** Whether a record has arrived. */
  begun = false;

  constructor(transport: Transport, filter: FilterInput | undefined, options: WatchOptions) {
    this.#transport = transport;
    this.#filter = filter;
    this.#options = options;
    this.#position = options.since;
  }

  /**
   * Starts over, and returns the records that report the loss. With snapshots there are none, because the server starts
   * each with a `resync`.
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

  /** Updates the state with a record. Returns `undefined` for a record that the reader does not want. */
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

  /** A connection has ended. An incomplete snapshot is discarded, and no position in it allows to resume. */
  ended(): void {
    this.attempt++;
    if (this.#inSnapshot) this.#position = undefined;
    this.#inSnapshot = false;
  }
}

/**
 * Yields records over any number of connections: after a broken connection it resumes after the last record. If the
 * server no longer has those events, a `gap` is reported, or (with `initial`) a `resync` and a new snapshot.
 *
 * @throws ApiError when the server rejects the watch, or no longer has the events after the given `since` (410);
 * ClientError WATCH_FAILED
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
      // The caller has to fix its own `since`, by listing the flows again.
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
