import type { FlowRef } from '@conntrack/flow';
import { type Batch, runBatch, type WriteRequest } from '../change/batch.js';
import { isBare } from '../change/drops.js';
import { writeGet } from '../change/flow.js';
import { type BatchOutcome, sizeWindow } from '../change/send-window.js';
import type { EntryCursor } from '../entry/cursor.js';
import type { Session } from '../socket/session.js';
import { NetlinkError, type Operation } from '../wire/error.js';

/** The members that only some batches have. */
export type BatchExtras<T> = Pick<Batch<T>, 'look' | 'explain' | 'prepare' | 'done'>;

/** Returns a cursor on the entry that has a reference's tuple, valid until the next request; `undefined` if there is none. */
export function lookUpEntry(session: Session, ref: FlowRef): EntryCursor | undefined {
  const entry = findEntry(session, ref);
  // A kernel without the protocol's tracker ignores the ports of the request.
  return entry === undefined || isBare(ref, entry) ? undefined : entry;
}

/** Returns a cursor on the kernel's answer for a reference's tuple. */
export function findEntry(session: Session, ref: FlowRef): EntryCursor | undefined {
  try {
    return session.askEntry('get', (writer, sequence) => writeGet(writer, sequence, ref));
  } catch (error) {
    if (error instanceof NetlinkError && error.errnoName === 'ENOENT') return undefined;
    throw error;
  }
}

/** Sends a request for each item, in batches on a socket of their own; see `runBatch`. */
export async function* windows<T>(
  session: Session,
  operation: Operation,
  items: Iterable<T> | AsyncIterable<T>,
  write: WriteRequest<T>,
  signal: AbortSignal | undefined,
  more: BatchExtras<T>,
): AsyncGenerator<BatchOutcome[]> {
  const { addon } = session;
  const fd = session.socket(operation);
  try {
    const window = sizeWindow(addon, fd);
    const nextSequence = (): number => session.next();
    yield* runBatch(items, { addon, fd, window, operation, write, nextSequence, signal, ...more });
  } finally {
    addon.close(fd);
  }
}
