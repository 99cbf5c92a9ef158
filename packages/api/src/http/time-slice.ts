import { sendWaiting } from '../server/batched-response.js';

/** Milliseconds of work before other requests get a turn. */
const SLICE = 5;

/**
 * Splits long work into time slices. Call the returned function between two steps: at the end of a slice it waits for
 * the next turn of the event loop.
 *
 * @example
 * ```ts
 * const pause = timeSlices();
 * for (const item of items) {
 *   read(item);
 *   await pause();
 * }
 * ```
 */
export function timeSlices(slice = SLICE): () => Promise<void> | undefined {
  let from = performance.now();
  return () => {
    if (performance.now() - from < slice) return undefined;
    return new Promise(resolve => {
      setImmediate(() => {
        sendWaiting();
        from = performance.now();
        resolve();
      });
    });
  };
}
