import { ClientError } from '../errors.js';

/**
 * The bytes of a body, as they arrive. A chunk is read only when it is needed, so a slow reader slows the sender down.
 * Leaving the loop ends the request.
 *
 * @throws ClientError STREAM_CUT when the connection breaks
 */
export async function* bytesOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(error => {
        signal?.throwIfAborted();
        throw new ClientError('STREAM_CUT', 'the connection was closed in the middle of the response', error);
      });
      signal?.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends a request that is still running; otherwise this does nothing.
    await reader.cancel().catch(() => {});
  }
}
