import { sendWaiting } from './answer/batched-response.js';

/** Waits for the next turn of the event loop. Long work that follows would delay the responses that wait, so they are sent first. */
export const nextTurn = (): Promise<void> =>
  new Promise(resolve => {
    setImmediate(() => {
      sendWaiting();
      resolve();
    });
  });

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
    return nextTurn().then(() => {
      from = performance.now();
    });
  };
}
