/** The memory that one answer is written from: chunks that go round between the writer and the reader. */
export interface Chunks {
  /** Bytes of each. */
  readonly size: number;
  /** How many there are. One is written into, the others are on their way: a slow reader holds no more. */
  readonly count: number;
}

/** Chunks of an answer that is sent as it is: large enough that the connection's own cost is small beside them. */
export const CHUNKS: Chunks = { size: 128 * 1024, count: 3 };
/** Chunks of an answer that is compressed on other threads: a thread that has one compressed waits until the event loop gives it another. */
export const BLOCKS: Chunks = { size: 512 * 1024, count: 4 };

/** Bytes of chunks that are kept: those of a few lists at once. */
const KEPT = 4 * 1024 * 1024;

/** Unused chunks of finished answers, for the next ones: memory of this kind is collected late. */
export class ChunkPool {
  readonly #free = new Map<number, Buffer[]>();
  #kept = 0;

  /** A chunk of that many bytes, with any content. */
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
