import { ApiError, ClientError } from '../errors.js';

/** How long to wait between attempts, and how often to try. */
export interface RetryOptions {
  /** Maximum of the first wait in milliseconds; each further wait is twice as long. Default: 250. */
  base?: number;
  /** Maximum of any wait in milliseconds. Default: 30,000. */
  max?: number;
  /** Maximum number of consecutive failed attempts. Default: no limit for a watch, 3 for a call. */
  maxAttempts?: number;
  /** Returns a random number from 0 to 1. Default: `Math.random`. */
  random?: () => number;
  /** Waits. Must reject with the signal's reason when the signal is aborted. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Called before each wait. `error` is the failure of the last attempt. */
  onRetry?: (retry: { attempt: number; delay: number; error: Error | undefined }) => void;
}

const BASE = 250;
const MAX = 30_000;

/**
 * Milliseconds before attempt `attempt` (≥ 1): a random time between half of the wait and all of it, so that many
 * clients of a restarted server do not return at the same moment. The wait doubles with each attempt. `retryAfter`
 * (seconds, from the server) is added.
 */
export function delayOf(
  attempt: number,
  { base = BASE, max = MAX, random = Math.random }: RetryOptions,
  retryAfter = 0,
): number {
  const wait = Math.min(max, base * 2 ** Math.min(attempt - 1, 30));
  return Math.round(retryAfter * 1000 + wait * (0.5 + random() / 2));
}

/** Waits for a number of milliseconds. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // Many waits may share one signal. A signal for each wait keeps the number of listeners on the shared one low.
  const own = signal && AbortSignal.any([signal]);
  return new Promise((resolve, reject) => {
    own?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(own!.reason);
    };
    const timer = setTimeout(() => {
      own?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    own?.addEventListener('abort', stop, { once: true });
  });
}

/** Statuses below 500 that are temporary. */
const PASSING = [408, 425, 429];

/** Whether another attempt can succeed: the connection or the server failed, not the request. */
export function passes(error: unknown): boolean {
  if (error instanceof ApiError) return PASSING.includes(error.status) || (error.status >= 500 && error.status !== 501);
  return error instanceof ClientError && (error.code === 'CONNECTION_FAILED' || error.code === 'STREAM_CUT');
}
