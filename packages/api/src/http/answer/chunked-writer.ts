import type { AnswerStream } from './answer-stream.js';
import type { ChunkPool } from './chunk-pool.js';

/** Milliseconds after which collected rows are sent even if the chunk is not full, so that rare rows do not wait. */
const GATHER = 20;

/**
 * Writes rows into a few reusable chunks, and sends each chunk when it is full. It waits while all chunks are being
 * sent: a slow reader slows the rows down, and memory stays constant.
 */
export class ChunkedWriter {
  readonly #out: AnswerStream;
  readonly #stall: number;
  readonly #pool: ChunkPool;
  /** Number of chunks that are being sent. */
  #away = 0;
  #chunk: Buffer | undefined;
  #length = 0;
  #sent = 0;
  #wake: (() => void) | undefined;
  #failed: Error | undefined;

  /** Makes a writer. @param left called once when the reader left or stalled; it ends the dump */
  constructor(out: AnswerStream, pool: ChunkPool, stall: number, left: (reason: Error) => void) {
    this.#out = out;
    this.#pool = pool;
    this.#stall = stall;
    out.onClose = () => {
      this.#failed ??= new DOMException('the reader left', 'AbortError') as Error;
      left(this.#failed);
      this.#wake?.();
    };
  }

  /**
   * Writes one row with a function that returns the end of the row, or −1 when the chunk is too full. Returns false
   * when the row must be tried again after {@link room}. A row that does not fit into an empty chunk is written with
   * {@link text}.
   */
  row(write: (out: Buffer, at: number) => number): boolean {
    const chunk = this.#chunk;
    if (chunk === undefined) return false;
    const end = write(chunk, this.#length);
    if (end < 0) return false;
    this.#length = end;
    return true;
  }

  /** Whether nobody reads any more. */
  get closed(): boolean {
    return this.#failed !== undefined;
  }

  /** Sends the current chunk, and waits for an empty one. @throws when the reader left or stalled */
  async room(): Promise<void> {
    this.flush();
    const { size, count } = this.#out.chunks;
    while (this.#chunk === undefined) {
      if (this.#failed !== undefined) throw this.#failed;
      if (this.#away < count - 1) this.#chunk = this.#pool.take(size);
      else await this.#wait();
    }
  }

  /** Writes text of any length after the rows so far. */
  async text(text: string): Promise<void> {
    // A UTF-16 unit takes at most three bytes in UTF-8.
    const { size } = this.#out.chunks;
    const step = Math.floor(size / 3);
    for (let from = 0; from < text.length; ) {
      let to = Math.min(text.length, from + step);
      // Does not split a surrogate pair.
      if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
      const part = text.slice(from, to);
      if (this.#chunk === undefined || (to - from) * 3 > size - this.#length) await this.room();
      this.#length += this.#chunk!.write(part, this.#length);
      from = to;
    }
  }

  /** No more rows for now: sends the collected ones if they waited long enough, or if nothing was sent yet. */
  pause(): void {
    if (this.#sent === 0 || performance.now() - this.#sent > GATHER) this.flush();
  }

  flush(): void {
    const chunk = this.#chunk;
    if (chunk === undefined || this.#length === 0) return;
    const bytes = chunk.subarray(0, this.#length);
    this.#chunk = undefined;
    this.#length = 0;
    this.#sent = performance.now();
    this.#away++;
    this.#out.write(bytes, () => {
      this.#away--;
      this.#pool.keep(chunk);
      this.#wake?.();
    });
  }

  /** Ends the response: all rows are written. */
  end(): void {
    this.flush();
    if (this.#chunk !== undefined) this.#pool.keep(this.#chunk);
    this.#chunk = undefined;
    if (this.#failed === undefined) this.#out.end();
  }

  /** Breaks the response off. */
  cut(error: Error): void {
    this.#failed ??= error;
    this.#out.cut(error);
  }

  async #wait(): Promise<void> {
    const timer = setTimeout(() => {
      this.cut(new DOMException('the reader accepted no data for too long', 'TimeoutError') as Error);
      this.#wake?.();
    }, this.#stall).unref();
    await new Promise<void>(resolve => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    clearTimeout(timer);
  }
}
