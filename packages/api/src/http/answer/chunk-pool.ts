/** Bytes of a chunk: large enough that the connection's own cost is small beside it. */
export const CHUNK = 128 * 1024;
/** Chunks that are kept: those of a few lists at once. */
const KEPT = 16;

/** Chunks that answers are through with, for the next ones: memory of this kind is collected late. */
export class ChunkPool {
  readonly #free: Buffer[] = [];

  /** A chunk; what is in it is of no meaning. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
  }

  /** Takes a chunk back: nobody may look at it any more. */
  keep(chunk: Buffer): void {
    if (this.#free.length < KEPT) this.#free.push(chunk);
  }
}
