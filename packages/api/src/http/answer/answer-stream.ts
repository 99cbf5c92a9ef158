import type { Chunks } from './chunk-pool.js';

/** The destination of a streamed response, with back-pressure. */
export interface AnswerStream {
  /** The chunks that suit this stream best. */
  readonly chunks: Chunks;
  /**
   * Writes bytes. Returns false when the caller must wait for `onDrain` before the next write.
   *
   * @param done called when the memory may be reused; without it, the bytes belong to the stream from now on
   */
  write(bytes: Uint8Array, done?: () => void): boolean;
  /** Ends the response: it is complete. */
  end(): void;
  /** Breaks the response off, in a way that shows the reader that it is incomplete. */
  cut(error: Error): void;
  /** Called when the reader can take more. */
  onDrain: (() => void) | undefined;
  /** Called once: when the reader left, or when the response is complete. */
  onClose: (() => void) | undefined;
}
