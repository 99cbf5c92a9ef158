/** The memory for one response: chunks that circulate between writer and reader. */
export interface Chunks {
  /** Bytes of a chunk. */
  readonly size: number;
  /** Number of chunks. One is being filled, the others are being sent: this bounds the memory of a slow reader. */
  readonly count: number;
}

/** Chunks of an uncompressed response. Large enough that the cost of a socket write is small in comparison. */
export const CHUNKS: Chunks = { size: 128 * 1024, count: 3 };
/**
 * Chunks of a response that is compressed on other threads. A thread that has finished a chunk waits until the event
 * loop gives it another one, so the chunks are larger.
 */
export const BLOCKS: Chunks = { size: 512 * 1024, count: 4 };

/** Maximum bytes of unused chunks that are kept: enough for a few lists at once. */
const KEPT = 4 * 1024 * 1024;

/** Chunks for reuse by later responses: V8 frees memory of this kind late. */
export class ChunkPool {
  readonly #free = new Map<number, Buffer[]>();
  #kept = 0;

  /** Returns a chunk of this size. Its content is arbitrary. */
  take(size: number): Buffer {
    const chunk = this.#free.get(size)?.pop();
    if (chunk === undefined) return Buffer.allocUnsafeSlow(size);
    this.#kept -= size;
    return chunk;
  }

  /** Takes a chunk back. The caller must not use it afterwards. */
  keep(chunk: Buffer): void {
    const { length } = chunk;
    if (this.#kept + length > KEPT) return;
    this.#kept += length;
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [chunk]);
    else free.push(chunk);
  }
}
