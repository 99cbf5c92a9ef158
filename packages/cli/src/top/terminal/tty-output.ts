import { closeSync, constants, openSync, writeSync } from 'node:fs';

/** Milliseconds after which a terminal that took nothing is tried again. */
const PAUSE = 10;

const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';

/**
 * Writes to a terminal without ever blocking: a slow line would otherwise block the keys, and the end of the program. Node's own streams
 * write to terminals synchronously.
 */
export class TtyOutput {
  readonly #fd: number;
  readonly #isOwn: boolean;

  /** @param fd the terminal, which is opened again: other programs share its flags */
  constructor(fd: number) {
    let own: number | undefined;
    try {
      own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // A terminal of another user, or no /proc.
    }
    this.#fd = own ?? fd;
    this.#isOwn = own !== undefined;
  }

  /** Writes a text. Resolves when the terminal has taken it, or is gone; `signal` gives the rest up. */
  async write(text: string, signal?: AbortSignal): Promise<void> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && signal?.aborted !== true; ) {
      const written = this.#put(bytes, at);
      if (written === undefined) return;
      at += written;
      if (written === 0) await new Promise(resolve => setTimeout(resolve, PAUSE));
    }
  }

  /** Writes a text before it returns. Gives up after `patience` milliseconds. */
  writeNow(text: string, patience: number): void {
    const bytes = Buffer.from(text);
    const end = performance.now() + patience;
    for (let at = 0; at < bytes.length && performance.now() < end; ) {
      const written = this.#put(bytes, at);
      if (written === undefined) return;
      at += written;
      if (written === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }

  /** Writes what the terminal takes now, and returns how many bytes; `undefined` if the terminal is gone. */
  #put(bytes: Uint8Array, from: number): number | undefined {
    try {
      return writeSync(this.#fd, bytes, from);
    } catch (error) {
      return isFull(error) ? 0 : undefined;
    }
  }

  /** Closes the own descriptor. */
  close(): void {
    if (this.#isOwn) closeSync(this.#fd);
  }
}
