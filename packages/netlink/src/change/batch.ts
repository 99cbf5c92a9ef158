import { EntryCursor } from '../entry/cursor.js';
import type { Native } from '../socket/native.js';
import { sizeReceiveBuffer, sizeSendBuffer } from '../socket/socket.js';
import { checked, kernelError, NetlinkError, type Operation } from '../wire/error.js';
import { messages, readAnswer } from '../wire/message.js';
import { NLM_F_ACK, NLMSG_ERROR } from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import type { Dropped } from './drops.js';

/** Maximum number of requests in one send(2). The kernel processes them inside the call, some milliseconds; half as many cost a tenth more time. */
const WINDOW = 2048;
/** The errno of a look-up that found nothing. */
const ENOENT = 2;
const PATIENCE = 10_000;
/** Bytes for a refusal with its extended acknowledgement. Only the last request of a window is acknowledged. */
const ANSWER = 512;
/** Bytes for an entry as an answer: usually about 250, and twice that with every attribute. */
const LOOKED_UP = 1024;
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

/** The result of looking up an item's entry: its status bits, or the outcome of an item for which no request is sent. */
export type Judged = { readonly status: number } | BatchOutcome;

/** How entries are looked up just before the requests of a batch. */
export interface LookUp<T> {
  /** Whether an item must be looked up. A window without look-ups is written while the kernel works on the window before it. */
  readonly needed: (item: T) => boolean;
  /** Writes the look-up of an item; writes nothing if none is needed. */
  readonly write: (writer: MessageWriter, sequence: number, item: T) => void;
  /** Called with the cursor on the entry that was found. If no entry was found, the outcome of the item is `gone`. */
  readonly judge: (entry: EntryCursor, item: T) => Judged;
}

/**
 * Writes one request without the acknowledge flag. `status` is the status of the entry, if it was looked up. An error that it throws
 * becomes the outcome of the request, which is not sent.
 */
export type WriteRequest<T> = (writer: MessageWriter, sequence: number, item: T, status: number | undefined) => void;

/** The outcome of most requests. */
export const DONE: BatchOutcome = { outcome: 'done' };
const GONE: BatchOutcome = { outcome: 'gone' };

// A creation fails with ENOENT if its helper or master does not exist, so it is not `gone`.
const outcomeOf = (error: NetlinkError): BatchOutcome =>
  error.code === 'ENOENT' && error.operation !== 'create' ? GONE : { outcome: 'failed', error };

/** What a batch needs to send its requests. */
export interface Batch<T> {
  readonly addon: Native;
  readonly fd: number;
  /** Number of requests in one send, see {@link sizeWindow}. */
  readonly window: number;
  readonly operation: Operation;
  readonly write: WriteRequest<T>;
  /** Looks up the entry of an item before its request is written. */
  readonly look?: LookUp<T> | undefined;
  readonly nextSequence: () => number;
  readonly signal: AbortSignal | undefined;
  /** Adds an explanation to a refusal. */
  readonly explain?: (error: NetlinkError, item: T) => NetlinkError;
  /** Prepares what `write` needs to know about the items of a window. An error that it throws ends the batch, and nothing of the window is sent. */
  readonly prepare?: (items: readonly T[]) => Promise<void>;
  /** Returns the outcome of a request that succeeded. */
  readonly done?: (item: T) => BatchOutcome;
}

/** The requests of a window, written. Requests that could not be written have their outcomes already. */
interface Window {
  readonly request: Uint8Array;
  readonly outcomes: BatchOutcome[];
  /** The sequence number of each request; 0 for a request that could not be written. */
  readonly sequences: Uint32Array;
  /** The sequence number of the last request, which is acknowledged; 0 if there is none. */
  readonly last: number;
}

/**
 * Sends many requests, one window at a time, off the event loop. The kernel answers only refusals, and acknowledges the last request of a
 * window.
 *
 * While the kernel works on one window, the outcomes of the window before are yielded, and the next window is written. Outcomes are yielded
 * in arrays, in order, one for each request.
 *
 * The signal and leaving the loop stop the batch between two windows. Outcomes of requests that were already sent are still yielded.
 */
export async function* runBatch<T>(
  items: Iterable<T> | AsyncIterable<T>,
  batch: Batch<T>,
): AsyncGenerator<BatchOutcome[]> {
  const response = new Uint8Array(batch.window * ANSWER);
  // Used in turns: the kernel is reading from one of them.
  const writers = [new MessageWriter(), new MessageWriter()];
  let turn = 0;
  let underWay: Promise<BatchOutcome[]> | undefined;
  try {
    for await (const window of windows(items, batch.window)) {
      turn ^= 1;
      await batch.prepare?.(window);
      const look = batch.look !== undefined && window.some(batch.look.needed) ? batch.look : undefined;
      let written = look === undefined ? writeWindow(window, writers[turn]!.clear(), batch) : undefined;
      const before = await underWay;
      underWay = undefined;
      written ??= writeWindow(window, writers[turn]!.clear(), batch, await lookUp(window, batch, look!));
      underWay = batch.signal?.aborted === true ? undefined : sendWindow(written, batch, response, window);
      // Awaited one window later. Until then a rejection must not count as unhandled.
      underWay?.catch(() => {});
      if (before !== undefined) yield before;
      batch.signal?.throwIfAborted();
    }
  } catch (error) {
    // Outcomes of requests that were already sent are still yielded, whatever failed since.
    const sent = await underWay;
    underWay = undefined;
    if (sent !== undefined) yield sent;
    throw error;
  } finally {
    // The caller closes the socket afterwards.
    await underWay?.catch(() => {});
  }
  const last = await underWay;
  if (last !== undefined) yield last;
}

/** Yields arrays of `size` items. Items of a synchronous iterable are not awaited one by one. */
async function* windows<T>(items: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let window: T[] = [];
  const full = (item: T): boolean => window.push(item) === size;
  const taken = (): T[] => {
    const whole = window;
    window = [];
    return whole;
  };
  if (Symbol.iterator in items) {
    for (const item of items) if (full(item)) yield taken();
  } else {
    for await (const item of items) if (full(item)) yield taken();
  }
  if (window.length > 0) yield window;
}

/** Looks up the entries of a window with one send; `undefined` for an item that needs no look-up. */
async function lookUp<T>(
  items: readonly T[],
  { addon, fd, operation, nextSequence }: Batch<T>,
  look: LookUp<T>,
): Promise<(Judged | undefined)[]> {
  const writer = new MessageWriter();
  const { sequences, last, request, outcomes } = writeWindow(items, writer, { write: look.write, nextSequence });
  // A look-up without an entry as its answer means that there is no entry.
  const found = outcomes.map((outcome, i): Judged | undefined =>
    outcome.outcome !== 'done' ? outcome : sequences[i] !== 0 ? GONE : undefined,
  );
  if (last === 0) return found;
  const response = new Uint8Array(items.length * LOOKED_UP);
  const length = checked(await addon.exchange(fd, request, response, last, PATIENCE), operation);
  const cursor = new EntryCursor(response, 0);
  for (const message of messages(response, length)) {
    const i = message.sequence === 0 ? -1 : sequences.indexOf(message.sequence);
    if (i < 0) continue;
    if (message.type === NLMSG_ERROR) {
      const { errno, ...details } = readAnswer(response, message);
      if (errno !== 0 && errno !== ENOENT)
        found[i] = { outcome: 'failed', error: kernelError(operation, errno, details) };
    } else if (cursor.between(message.start, message.end).next()) found[i] = look.judge(cursor, items[i]!);
  }
  return found;
}

function writeWindow<T>(
  items: readonly T[],
  writer: MessageWriter,
  { write, nextSequence }: Pick<Batch<T>, 'write' | 'nextSequence'>,
  judged: readonly (Judged | undefined)[] = [],
): Window {
  const sequences = new Uint32Array(items.length);
  let last = 0;
  const outcomes = items.map((item, i): BatchOutcome => {
    const known = judged[i];
    if (known !== undefined && 'outcome' in known) return known;
    const sequence = nextSequence();
    const before = writer.mark();
    try {
      write(writer, sequence, item, known?.status);
    } catch (error) {
      writer.back(before);
      if (!(error instanceof NetlinkError)) throw error;
      return outcomeOf(error);
    }
    if (writer.length === before[1]) return DONE;
    sequences[i] = sequence;
    last = sequence;
    return DONE;
  });
  if (last !== 0) writer.flag(NLM_F_ACK);
  return { request: writer.bytes(), outcomes, sequences, last };
}

/** Requests that are written already: those from `from` on, up to the one before `to`. The last of them is acknowledged. */
export interface WrittenRequests {
  readonly count: number;
  /** The sequence numbers begin with 1. */
  window(from: number, to: number): Uint8Array;
}

/** Sends written requests, one window at a time, off the event loop. Returns the outcome of each. The signal stops between two windows. */
export async function sendWritten(
  requests: WrittenRequests,
  batch: Pick<Batch<unknown>, 'addon' | 'fd' | 'window' | 'operation' | 'signal'>,
): Promise<BatchOutcome[]> {
  const all: BatchOutcome[] = [];
  const response = new Uint8Array(Math.min(batch.window, requests.count) * ANSWER);
  for (let from = 0; from < requests.count; from = all.length) {
    batch.signal?.throwIfAborted();
    const count = Math.min(batch.window, requests.count - from);
    const last = from + count;
    const window: Window = {
      request: requests.window(from, last),
      outcomes: new Array<BatchOutcome>(count).fill(DONE),
      sequences: Uint32Array.from({ length: count }, (_, i) => from + i + 1),
      last,
    };
    all.push(...(await sendWindow(window, batch, response)));
  }
  return all;
}

/** Sends one window. `items` are what the requests were written from; only `explain` and `done` use them. */
async function sendWindow<T>(
  { request, outcomes, sequences, last }: Window,
  { addon, fd, operation, explain, done }: Pick<Batch<T>, 'addon' | 'fd' | 'operation' | 'explain' | 'done'>,
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
