import { writeSync } from 'node:fs';
import { OperationError } from '../errors.js';
import { strerror } from './strerror.js';

/** The reader of the output has gone. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** Milliseconds until a full pipe is tried again. */
const PAUSE = 2;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all bytes to a file descriptor, and waits for a slow reader. It bypasses Node's streams, which would make
 * pipes non-blocking and queue the output.
 *
 * @throws ReaderGone, OperationError
 */
export function writeFully(fd: number, bytes: Uint8Array, length = bytes.length): void {
  for (let at = 0; at < length; ) {
    try {
      at += writeSync(fd, bytes, at, length - at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Another program made the descriptor non-blocking.
      if (code === 'EAGAIN') Atomics.wait(pause, 0, 0, PAUSE);
      else if (code !== 'EINTR') throw outputFailure(code);
    }
  }
}

/** The error for a failed write. */
export const outputFailure = (code: string | undefined): ReaderGone | OperationError =>
  code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED'
    ? new ReaderGone()
    : new OperationError(`cannot write the output: ${strerror(code) ?? code ?? 'unknown error'}`);
