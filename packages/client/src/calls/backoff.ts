import { ApiError, ClientError } from '../errors.js';

/** How long to wait between tries. */
export interface RetryOptions {
  /** Milliseconds of the first wait, at most (default: 250); each further one is twice as long. */
  base?: number;
  /** Milliseconds of the longest wait (default: 30,000). */
  max?: number;
  /** Tries in a row that may fail, before the watch does (default: no limit). */
  maxAttempts?: number;
  /** From 0 to 1 (default: `Math.random`). */
  random?: () => number;
  /** Waits; rejects with the signal's reason when that is aborted. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Hears of each wait, and what it is for. */
  onRetry?: (retry: { attempt: number; delay: number; error: Error | undefined }) => void;
}

const BASE = 250;
const MAX = 30_000;

/**
 * Milliseconds before try `attempt` (1 and up): between half and the whole of a wait that doubles, so that a thousand watchers of a server that
 * comes back do not come at once. What the server asked for (`retryAfter`, in seconds) is the least.
 */
export function delayOf(
  attempt: number,
  { base = BASE, max = MAX, random = Math.random }: RetryOptions,
  retryAfter = 0,
): number {
  const wait = Math.min(max, base * 2 ** Math.min(attempt - 1, 30));
  return Math.round(retryAfter * 1000 + wait * (0.5 + random() / 2));
}

/** Waits so many milliseconds. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  // Many may wait under one signal: a signal of one's own takes the listener.
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

/** Statuses below 500 that pass. */
const PASSING = [408, 425, 429];

/** Whether another try may go better: the connection, not the request, is at fault; or the server is. */
export function passes(error: unknown): boolean {
  if (error instanceof ApiError) return PASSING.includes(error.status) || (error.status >= 500 && error.status !== 501);
  return error instanceof ClientError && (error.code === 'CONNECTION_FAILED' || error.code === 'STREAM_CUT');
}
