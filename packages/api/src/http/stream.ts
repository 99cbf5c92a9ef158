/** Milliseconds that a reader may take nothing, before its dump is given up: an idle dump holds a socket and a thread. */
export const STALL = 60_000;

/** What ends a stream before its time. */
export interface StreamOptions {
  /** Called once when the reader left, stalled, or the rows failed: it ends the dump. */
  abort: (reason: unknown) => void;
  /** Cuts the connection, where there is one: an answer that broke off must not look whole. */
  cut: (() => void) | undefined;
  stall: number;
}

/**
 * Text as it is asked for: a chunk is made when the reader wants one, so a slow reader slows the rows down and memory stays as it is.
 */
export function streamOf(chunks: AsyncIterator<string>, options: StreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  const end = (reason: unknown): void => {
    clearTimeout(timer);
    options.abort(reason);
    // Behind an open `next()` this waits for it; the abort has made that one short.
    void chunks.return?.(undefined).catch(() => {});
  };
  // A cut connection says it all; an error on top would be printed by the server library.
  const fail = (controller: ReadableStreamDefaultController, error: unknown): void => {
    end(error);
    if (options.cut === undefined) controller.error(error);
    else {
      options.cut();
      controller.close();
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        try {
          const { done, value } = await chunks.next();
          if (done) {
            controller.close();
            return;
          }
          controller.enqueue(encoder.encode(value));
          timer = setTimeout(() => {
            const error = new DOMException('the reader took nothing for too long', 'TimeoutError');
            fail(controller, error);
          }, options.stall).unref();
        } catch (error) {
          fail(controller, error);
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
