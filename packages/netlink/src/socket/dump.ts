import { LITTLE } from '../wire/endianness.js';
import { kernelError, type Operation } from '../wire/error.js';
import { firstControl, messages, readAnswer } from '../wire/message.js';
import { NLMSG_DONE, NLMSG_ERROR } from '../wire/uapi.js';
import type { Native } from './native.js';
import { type Slab, SlabStream } from './slab-stream.js';
import type { SpacePool } from './space-pool.js';

/** Throws the error that a slab of a dump reports; returns true if the slab ends the dump. */
function endsDump(slab: Slab, operation: Operation): boolean {
  const view = new DataView(slab.buffer.buffer, slab.buffer.byteOffset, slab.buffer.length);
  for (const message of messages(slab.buffer, slab.length, firstControl(slab.buffer, slab.length))) {
    if (message.type === NLMSG_ERROR) {
      const { errno, ...details } = readAnswer(slab.buffer, message);
      if (errno !== 0) throw kernelError(operation, errno, details);
      return true;
    }
    if (message.type === NLMSG_DONE) {
      const errno = message.end - message.start >= 20 ? -view.getInt32(message.start + 16, LITTLE) : 0;
      if (errno > 0) throw kernelError(operation, errno);
      return true;
    }
  }
  return false;
}

/**
 * Yields the slabs of a dump. The receiving thread sends the request, because the kernel builds the first part inside the system call.
 *
 * With `reuse`, a slab belongs to the receiver only until it asks for the next one; then its memory is overwritten. Leaving the loop, or
 * the signal, ends thread and socket at once.
 */
export async function* dumpSlabs(
  addon: Native,
  fd: number,
  request: Uint8Array,
  operation: Operation,
  signal: AbortSignal | undefined,
  reuse = false,
  pool?: SpacePool,
): AsyncGenerator<Slab> {
  const stream = new SlabStream(addon, fd, request, undefined, operation, pool);
  const abort = (): void => stream.close();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      const slab = await stream.next();
      signal?.throwIfAborted();
      if (slab === undefined) return;
      if (slab.errno !== 0) throw kernelError(operation, slab.errno);
      const ends = endsDump(slab, operation);
      yield slab;
      if (reuse) stream.recycle(slab);
      if (ends) return;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    stream.close();
  }
}
