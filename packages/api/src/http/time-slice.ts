/** Milliseconds of work after which other requests have their turn. */
const SLICE = 5;

/**
 * Cuts long work into slices of time. The function that it returns is called between two steps, and waits for the next turn of the event loop when the
 * slice is over.
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
        from = performance.now();
        resolve();
      });
    });
  };
}
