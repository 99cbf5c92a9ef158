import type { Writable } from 'node:stream';

/** The reader of the output has gone, as with `ctctl list | head -1`. Not a failure: the program ends quietly. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/**
 * Standard output with back-pressure: a write waits while the reader is behind, so the table is not read faster than it
 * is printed.
 */
export class Output {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  #failure: NodeJS.ErrnoException | undefined;
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#failure ??= error;
  };

  constructor(stream: Writable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('error', this.#onError);
  }

  /** Writes text or bytes. @throws OutputClosed; the signal's reason */
  async write(text: string | Uint8Array): Promise<void> {
    this.#check();
    if (text.length === 0 || this.#stream.write(text)) return;
    await this.#next('drain');
  }

  /** Waits until everything was delivered to the reader. */
  async finish(): Promise<void> {
    this.#check();
    await this.#next('written');
    this.#stream.off('error', this.#onError);
  }

  #check(): void {
    this.#signal.throwIfAborted();
    if (this.#failure !== undefined) throw closing(this.#failure);
    if (this.#stream.destroyed) throw new OutputClosed('the output is closed');
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
