import type { Native } from '../socket/native.js';
import { sizeReceiveBuffer, sizeSendBuffer } from '../socket/socket.js';
import { checked, kernelError, type NetlinkError, type Operation } from '../wire/error.js';
import { messages, readAnswer } from '../wire/message.js';
import { NLMSG_ERROR } from '../wire/uapi.js';
import type { Dropped } from './drops.js';

/** Maximum number of requests in one send(2). The kernel processes them inside the call, some milliseconds; half as many cost a tenth more time. */
const WINDOW = 2048;
/** Maximum time to wait for the answers to one send, in milliseconds. */
export const PATIENCE = 10_000;
/** Bytes for a refusal with its extended acknowledgement. Only the last request of a window is acknowledged. */
export const ANSWER = 512;
/**
 * Bytes of the receive buffer that a refusal takes up, with the kernel's overhead and a message of a thousand letters.
 *
 * All refusals of a window wait there until the send is over. Those that do not fit are lost, together with the acknowledgement of the
 * window's last request.
 */
const QUEUED = 2304;
/** More bytes than any request has. A send larger than the send buffer fails with EMSGSIZE. */
const REQUEST = 1024;

/** Sets the sizes of a socket's buffers for a batch. Returns how many requests fit in one send: fewer if the buffers cannot be enlarged. */
export function sizeWindow(addon: Native, fd: number): number {
  const receive = sizeReceiveBuffer(addon, fd, WINDOW * QUEUED).bytes;
  const send = sizeSendBuffer(addon, fd, WINDOW * REQUEST);
  return Math.max(1, Math.min(WINDOW, Math.floor(receive / QUEUED), Math.floor(send / REQUEST)));
}

/** The outcome of one request of a batch. */
export type BatchOutcome =
  | {
      readonly outcome: 'done';
      /** For a creation: what the kernel dropped. */
      readonly dropped?: readonly Dropped[];
    }
  /** The entry had ended, or another id has its tuple. */
  | { readonly outcome: 'gone' }
  /** The `check` function returned a reason to skip the entry. */
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'failed'; readonly error: NetlinkError };

/** The outcome of most requests. */
export const DONE: BatchOutcome = { outcome: 'done' };
/** The outcome of a request for an entry that does not exist. */
export const GONE: BatchOutcome = { outcome: 'gone' };

// A creation fails with ENOENT if its helper or master does not exist, so it is not `gone`.
export const outcomeOf = (error: NetlinkError): BatchOutcome =>
  error.code === 'ENOENT' && error.operation !== 'create' ? GONE : { outcome: 'failed', error };

/** The requests of a window, written. Requests that could not be written have their outcomes already. */
export interface Window {
  readonly request: Uint8Array;
  readonly outcomes: BatchOutcome[];
  /** The sequence number of each request; 0 for a request that could not be written. */
  readonly sequences: Uint32Array;
  /** The sequence number of the last request, which is acknowledged; 0 if there is none. */
  readonly last: number;
}

/** What one send needs. */
export interface WindowOptions<T> {
  readonly addon: Native;
  readonly fd: number;
  readonly operation: Operation;
  /** Adds an explanation to a refusal. */
  readonly explain?: (error: NetlinkError, item: T) => NetlinkError;
  /** Returns the outcome of a request that succeeded. */
  readonly done?: (item: T) => BatchOutcome;
}

/** Sends one window. `items` are what the requests were written from; only `explain` and `done` use them. */
export async function sendWindow<T>(
  { request, outcomes, sequences, last }: Window,
  { addon, fd, operation, explain, done }: WindowOptions<T>,
  response: Uint8Array,
  items: readonly T[] = [],
): Promise<BatchOutcome[]> {
  if (last === 0) return outcomes;
  const length = checked(await addon.exchange(fd, request, response, last, PATIENCE), operation);
  for (const message of messages(response, length)) {
    if (message.type !== NLMSG_ERROR || message.sequence === 0) continue;
    const i = sequences.indexOf(message.sequence);
    if (i < 0) continue;
    const { errno, ...details } = readAnswer(response, message);
    if (errno === 0) continue;
    const error = kernelError(operation, errno, details);
    outcomes[i] = outcomeOf(explain === undefined ? error : explain(error, items[i]!));
  }
  if (done !== undefined)
    for (let i = 0; i < items.length; i++) if (outcomes[i] === DONE) outcomes[i] = done(items[i]!);
  return outcomes;
}
