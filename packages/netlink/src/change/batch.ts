import { EntryCursor } from '../entry/cursor.js';
import { checked, kernelError, NetlinkError } from '../wire/error.js';
import { messages, readAnswer } from '../wire/message.js';
import { NLM_F_ACK, NLMSG_ERROR } from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import {
  ANSWER,
  type BatchOutcome,
  DONE,
  GONE,
  outcomeOf,
  PATIENCE,
  sendWindow,
  type Window,
  type WindowOptions,
} from './send-window.js';

/** The errno of a look-up that found nothing. */
const ENOENT = 2;
/** Bytes for an entry as an answer: usually about 250, and twice that with every attribute. */
const LOOKED_UP = 1024;
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

/** What a batch needs to send its requests. */
export interface Batch<T> extends WindowOptions<T> {
  /** Number of requests in one send, see `sizeWindow`. */
  readonly window: number;
  readonly write: WriteRequest<T>;
  /** Looks up the entry of an item before its request is written. */
  readonly look?: LookUp<T> | undefined;
  readonly nextSequence: () => number;
  readonly signal: AbortSignal | undefined;
  /** Prepares what `write` needs to know about the items of a window. An error that it throws ends the batch, and nothing of the window is sent. */
  readonly prepare?: (items: readonly T[]) => Promise<void>;
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
