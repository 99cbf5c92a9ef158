import { ANSWER, type BatchOutcome, DONE, sendWindow, type Window, type WindowOptions } from './send-window.js';

/** Requests that are written already: those from `from` on, up to the one before `to`. The last of them is acknowledged. */
export interface WrittenRequests {
  readonly count: number;
  /** The sequence numbers begin with 1. */
  window(from: number, to: number): Uint8Array;
}

/** Sends written requests, one window at a time, off the event loop. Returns the outcome of each. The signal stops between two windows. */
export async function sendWritten(
  requests: WrittenRequests,
  batch: WindowOptions<unknown> & { readonly window: number; readonly signal: AbortSignal | undefined },
): Promise<BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  const response = new Uint8Array(Math.min(batch.window, requests.count) * ANSWER);
  for (let from = 0; from < requests.count; from = all.length) {
    batch.signal?.throwIfAborted();
    const count = Math.min(batch.window, requests.count - from);
    const last = from + count;
    const window: Window = {
      request: requests.window(from, last),
      outcomes: new Array<BatchOutcome>(count).fill(DONE),
      sequences: Uint32Array.from({ length: count }, (_, i) => from + i + 1),
      last,
    };
    all.push(...(await sendWindow(window, batch, response)));
  }
  return all;
}
