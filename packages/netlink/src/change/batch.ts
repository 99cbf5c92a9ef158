import { EntryCursor } from '../entry/cursor.js';
import type { Native } from '../socket/native.js';
import { sizeReceiveBuffer, sizeSendBuffer } from '../socket/socket.js';
import { checked, kernelError, NetlinkError, type Operation } from '../wire/error.js';
import { messages, readAnswer } from '../wire/message.js';
import { NLM_F_ACK, NLMSG_ERROR } from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import type { Dropped } from './drops.js';

/** Requests to one send(2), at most. The kernel works them off inside the call; a bigger one saves nothing more. */
const WINDOW = 512;
/** errno of a look-up that found nothing. */
const ENOENT = 2;
const PATIENCE = 10_000;
/** Room for a refusal with its extended acknowledgement; acknowledgements come for the last request alone. */
const ANSWER = 512;
/** Room for an entry as an answer: some 250 bytes, and twice that with everything. */
const LOOKED_UP = 1024;
/**
 * What a refusal takes of the receive buffer, in bytes, the kernel's own overhead and a sentence of a thousand letters included. All refusals of
 * a window wait there until the send is over. What does not fit is lost, and the window's last acknowledgement with it.
 */
const QUEUED = 2304;
/** More than any request takes: a send larger than the send buffer is EMSGSIZE. */
const REQUEST = 1024;

/** Sizes a socket's buffers for a batch. How many requests may go in one send: fewer where the buffers cannot be raised. */
export function sizeWindow(addon: Native, fd: number): number {
  const receive = sizeReceiveBuffer(addon, fd, WINDOW * QUEUED).bytes;
  const send = sizeSendBuffer(addon, fd, WINDOW * REQUEST);
  return Math.max(1, Math.min(WINDOW, Math.floor(receive / QUEUED), Math.floor(send / REQUEST)));
}

/** What became of one request of a batch. */
export type BatchOutcome =
  | {
      readonly outcome: 'done';
      /** Of a creation: what the kernel dropped of it. */
      readonly dropped?: readonly Dropped[];
    }
  /** The entry had ended, or its tuple had another id. */
  | { readonly outcome: 'gone' }
  /** A `check` had a reason to leave the entry alone. */
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'failed'; readonly error: NetlinkError };

/** What the look-up of an item's entry came to: its status bits, or the outcome of an item for which nothing is sent. */
export type Judged = { readonly status: number } | BatchOutcome;

/** How entries are looked at just before the request of a batch. */
export interface LookUp<T> {
  /** The items that are looked up. A window without any is written while the one before is with the kernel. */
  readonly needed: (item: T) => boolean;
  /** Writes the look-up; nothing where nothing has to be known of the entry. */
  readonly write: (writer: MessageWriter, sequence: number, item: T) => void;
  /** Called with the cursor on the entry that was found. Where none was found, the item is gone. */
  readonly judge: (entry: EntryCursor, item: T) => Judged;
}

/** Writes one request, unacknowledged; `status` is that of the entry, where it was looked up. What it throws is the request's outcome, and nothing is sent for it. */
export type WriteRequest<T> = (writer: MessageWriter, sequence: number, item: T, status: number | undefined) => void;

/** The outcome of most requests. */
export const DONE: BatchOutcome = { outcome: 'done' };
const GONE: BatchOutcome = { outcome: 'gone' };

// A creation's ENOENT is about its helper or master.
const outcomeOf = (error: NetlinkError): BatchOutcome =>
  error.code === 'ENOENT' && error.operation !== 'create' ? GONE : { outcome: 'failed', error };

/** What requests of a batch are sent through, and as. */
export interface Batch<T> {
  readonly addon: Native;
  readonly fd: number;
  /** Requests to a send, see {@link sizeWindow}. */
  readonly window: number;
  readonly operation: Operation;
  readonly write: WriteRequest<T>;
  /** Looks at the entry that an item is about, before its request is written. */
  readonly look?: LookUp<T> | undefined;
  readonly nextSequence: () => number;
  readonly signal: AbortSignal | undefined;
  /** Says more about a refusal. */
  readonly explain?: (error: NetlinkError, item: T) => NetlinkError;
  /** Learns what `write` needs to know of a window's items. What it throws ends the batch, and nothing of the window is sent. */
  readonly prepare?: (items: readonly T[]) => Promise<void>;
  /** The outcome of a request that succeeded. */
  readonly done?: (item: T) => BatchOutcome;
}

/** A window's requests, written; outcomes of those that could not be are there already. */
interface Window<T> {
  readonly items: readonly T[];
  readonly request: Uint8Array;
  readonly outcomes: BatchOutcome[];
  /** The sequence number of each; 0 for one that could not be written. */
  readonly sequences: Uint32Array;
  /** Of the last one written, which is acknowledged; 0 when none was. */
  readonly last: number;
}

/**
 * Sends many requests, a window at a time, off the event loop; only refusals are answered, and the last request of a window
 * acknowledged. While the kernel works on one, the outcomes of the one before are handed on, and the next is written. The outcomes come a
 * window at a time, one for each request, in order. The signal, and leaving the loop, stop between windows; of what had been sent
 * when the signal came the outcomes still come.
 */
export async function* runBatch<T>(
  items: Iterable<T> | AsyncIterable<T>,
  batch: Batch<T>,
): AsyncGenerator<BatchOutcome[]> {
  const response = new Uint8Array(batch.window * ANSWER);
  // Written by turns: one is with the kernel.
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
      underWay = batch.signal?.aborted === true ? undefined : sendWindow(written, batch, response);
      // Awaited a window later: until then a failure is nobody's.
      underWay?.catch(() => {});
      if (before !== undefined) yield before;
      batch.signal?.throwIfAborted();
    }
  } catch (error) {
    // Of what was sent it is told what became of it, whatever went wrong since.
    const sent = await underWay;
    underWay = undefined;
    if (sent !== undefined) yield sent;
    throw error;
  } finally {
    // The socket is closed behind this.
    await underWay?.catch(() => {});
  }
  const last = await underWay;
  if (last !== undefined) yield last;
}

/** Items, so many at a time; those at hand are not awaited one by one. */
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

/** A window's entries as they are, by one send; `undefined` for an item of which nothing has to be known. */
async function lookUp<T>(
  items: readonly T[],
  { addon, fd, operation, nextSequence }: Batch<T>,
  look: LookUp<T>,
): Promise<(Judged | undefined)[]> {
  const writer = new MessageWriter();
  const { sequences, last, request, outcomes } = writeWindow(items, writer, { write: look.write, nextSequence });
  // Asked for and not answered with an entry: there is none.
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
): Window<T> {
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
  return { items, request: writer.bytes(), outcomes, sequences, last };
}

async function sendWindow<T>(
  { items, request, outcomes, sequences, last }: Window<T>,
  { addon, fd, operation, explain = error => error, done }: Batch<T>,
  response: Uint8Array,
): Promise<BatchOutcome[]> {
  if (last === 0) return outcomes;
  const length = checked(await addon.exchange(fd, request, response, last, PATIENCE), operation);
  for (const message of messages(response, length)) {
    if (message.type !== NLMSG_ERROR || message.sequence === 0) continue;
    const i = sequences.indexOf(message.sequence);
    if (i < 0) continue;
    const { errno, ...details } = readAnswer(response, message);
    if (errno !== 0) outcomes[i] = outcomeOf(explain(kernelError(operation, errno, details), items[i]!));
  }
  if (done !== undefined)
    for (let i = 0; i < items.length; i++) if (outcomes[i] === DONE) outcomes[i] = done(items[i]!);
  return outcomes;
}
