import type { Writable } from 'node:stream';

/** The reader of the output has gone, as with `ctctl list | head -1`. Not a failure: the program ends quietly. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Maximum number of bytes that are written without the stream. A pipe has room for many times as much. */
const SHORT = 4096;

/** Writes bytes to standard output in a synchronous call, and returns how many of them. */
export type WriteNow = (bytes: Uint8Array) => number;

/**
 * Standard output with back-pressure: a write waits while the reader is behind, so the table is not read faster than it
 * is printed.
 */
export class Output {
  readonly #open: () => Writable;
  #opened: Writable | undefined;
  readonly #signal: AbortSignal;
  readonly #writeNow: WriteNow | undefined;
  /** Bytes that may still be written without the stream. */
  #short = SHORT;
  #failure: NodeJS.ErrnoException | undefined;
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#failure ??= error;
  };

  /**
   * @param stream called when it is needed: creating the stream of the process takes longer than many commands
   *
   * @param writeNow writes short output without the stream
   */
  constructor(stream: () => Writable, signal: AbortSignal, writeNow?: WriteNow) {
    this.#open = stream;
    this.#signal = signal;
    this.#writeNow = writeNow;
  }

  get #stream(): Writable {
    this.#opened ??= this.#open().on('error', this.#onError);
    return this.#opened;
  }

  /** Whether nothing was written. */
  get isEmpty(): boolean {
    return this.#opened === undefined && this.#short === SHORT;
  }

  /** Writes text or bytes. @throws OutputClosed; the signal's reason */
  async write(text: string | Uint8Array): Promise<void> {
    this.#check();
    if (text.length === 0) return;
    const rest = this.#writeShort(text);
    if (rest.length === 0 || this.#stream.write(rest)) return;
    await this.#next('drain');
  }

  /** Writes the beginning of the output, if it is short. Returns what is left for the stream. */
  #writeShort(text: string | Uint8Array): string | Uint8Array {
    if (this.#writeNow === undefined || this.#opened !== undefined || text.length > this.#short) return text;
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    if (bytes.length > this.#short) return bytes;
    this.#short -= bytes.length;
    try {
      return bytes.subarray(this.#writeNow(bytes));
    } catch (error) {
      throw closing(error as NodeJS.ErrnoException);
    }
  }

  /** Waits until everything was delivered to the reader. */
  async finish(): Promise<void> {
    this.#check();
    if (this.#opened === undefined) return;
    await this.#next('written');
    this.#stream.off('error', this.#onError);
  }

  #check(): void {
    this.#signal.throwIfAborted();
    if (this.#failure !== undefined) throw closing(this.#failure);
    if (this.#opened?.destroyed) throw new OutputClosed('the output is closed');
  }

  /** Waits for the next drain, or until everything written so far was delivered. */
  #next(what: 'drain' | 'written'): Promise<void> {
    const stream = this.#stream;
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => (): void => {
        stream.off('drain', done);
        stream.off('error', failed);
        stream.off('close', closed);
        signal.removeEventListener('abort', aborted);
        settle();
      };
      const done = end(resolve);
      const failed = end(() => reject(closing(this.#failure)));
      const closed = end(() => reject(new OutputClosed('the output is closed')));
      const aborted = end(() => reject(signal.reason));
      stream.on('error', failed);
      stream.on('close', closed);
      signal.addEventListener('abort', aborted, { once: true });
      if (what === 'drain') stream.on('drain', done);
      else stream.write('', error => (error ? failed() : done()));
    });
  }
}

const closing = (error: NodeJS.ErrnoException | undefined): Error =>
  error === undefined || error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
    ? new OutputClosed('the output is closed')
    : error;
