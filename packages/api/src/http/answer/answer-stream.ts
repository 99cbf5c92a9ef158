import type { Chunks } from './chunk-pool.js';

/** Where a streamed answer's bytes go, with back-pressure. */
export interface AnswerStream {
  /** The memory that it is best written from. */
  readonly chunks: Chunks;
  /**
   * Hands bytes over. False when the reader shall catch up first: `onDrain` tells when it has.
   *
   * @param done called when the memory may be written again; without it the bytes are the stream's for good.
   */
  write(bytes: Uint8Array, done?: () => void): boolean;
  /** The answer is whole. */
  end(): void;
  /** The answer breaks off, and the reader sees that it is not whole. */
  cut(error: Error): void;
  /** The reader wants more. */
  onDrain: (() => void) | undefined;
  /** The reader is gone, or all is done. Called once. */
  onClose: (() => void) | undefined;
}
