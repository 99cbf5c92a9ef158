import type { AnswerStream } from './answer-stream.js';
import type { ChunkPool } from './chunk-pool.js';

/** Milliseconds after which what has gathered is sent, full or not: rows that are rare shall not wait for others. */
const GATHER = 20;

/**
 * Writes rows into a few chunks of memory that go round, and hands each to the reader when it is full. It waits while all are on the way, so a slow
 * reader slows the rows down, and memory stays as it is.
 */
export class ChunkedWriter {
  readonly #out: AnswerStream;
  readonly #stall: number;
  readonly #pool: ChunkPool;
  /** Chunks on the way. */
  #away = 0;
  #chunk: Buffer | undefined;
  #length = 0;
  #sent = 0;
  #wake: (() => void) | undefined;
  #failed: Error | undefined;

  /** @param left called once, when the reader left or took nothing for too long: it ends the dump */
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
   * Writes one row by a function that answers where it ended, or −1 where there was not room enough. False when it has to be tried again after
   * {@link room}; what does not fit an empty chunk goes by {@link text}.
   */
  row(write: (out: Buffer, at: number) => number): boolean {
    const chunk = this.#chunk;
    if (chunk === undefined) return false;
    const end = write(chunk, this.#length);
    if (end < 0) return false;
    this.#length = end;
    return true;
  }

  /** Nobody reads any more. */
  get closed(): boolean {
    return this.#failed !== undefined;
  }

  /** Sends what there is, and waits for an empty chunk. @throws when the reader left or stalled */
  async room(): Promise<void> {
    this.flush();
    const { size, count } = this.#out.chunks;
    while (this.#chunk === undefined) {
      if (this.#failed !== undefined) throw this.#failed;
      if (this.#away < count - 1) this.#chunk = this.#pool.take(size);
      else await this.#wait();
    }
  }

  /** Text of any length, behind the rows so far. */
  async text(text: string): Promise<void> {
    // UTF-8 takes three bytes for a UTF-16 unit at most.
    const { size } = this.#out.chunks;
    const step = Math.floor(size / 3);
    for (let from = 0; from < text.length; ) {
      let to = Math.min(text.length, from + step);
      // A pair of surrogates is one character.
      if (to < text.length && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
      const part = text.slice(from, to);
      if (this.#chunk === undefined || (to - from) * 3 > size - this.#length) await this.room();
      this.#length += this.#chunk!.write(part, this.#length);
      from = to;
    }
  }

  /** Rows end for now: they are sent if they have waited, or never anything was. */
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

  /** All is written. */
  end(): void {
    this.flush();
    if (this.#chunk !== undefined) this.#pool.keep(this.#chunk);
    this.#chunk = undefined;
    if (this.#failed === undefined) this.#out.end();
  }

  /** The answer breaks off. */
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
