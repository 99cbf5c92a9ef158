import { checked, kernelError, NetlinkError, type Operation } from './error.js';
import { messages, readAnswer } from './message.js';
import type { Native } from './native.js';
import { NLM_F_ACK, NLMSG_ERROR } from './uapi.js';
import { MessageWriter } from './writer.js';

/** Requests to one send(2). The kernel works them off inside the call. */
const WINDOW = 256;
const PATIENCE = 10_000;
/** A refusal with its extended acknowledgement is well below this; acknowledgements come for the last request alone. */
const ANSWER = 512;
/**
 * The receive buffer that a batch's socket should have, in bytes: refusals of a whole window wait in it until the send is over, each with
 * the kernel's own overhead: 2,304 bytes hold one with a sentence of a thousand letters. What does not fit is lost, and the window's last acknowledgement with it.
 */
export const ANSWERS = WINDOW * 2304;

/** What became of one request of a batch. */
export type BatchOutcome =
  | { readonly outcome: 'done' }
  /** The entry had ended, or its tuple had another id. */
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'failed'; readonly error: NetlinkError };

/** Writes one request, unacknowledged. What it throws is the request's outcome, and nothing is sent for it. */
export type WriteRequest<T> = (writer: MessageWriter, sequence: number, item: T) => void;

const DONE: BatchOutcome = { outcome: 'done' };
const GONE: BatchOutcome = { outcome: 'gone' };

// A creation's ENOENT is about its helper or master.
const outcomeOf = (error: NetlinkError): BatchOutcome =>
  error.code === 'ENOENT' && error.operation !== 'create' ? GONE : { outcome: 'failed', error };

/** What requests of a batch are sent through, and as. */
export interface Batch<T> {
  readonly addon: Native;
  readonly fd: number;
  readonly operation: Operation;
  readonly write: WriteRequest<T>;
  readonly nextSequence: () => number;
  readonly signal: AbortSignal | undefined;
  /** Says more about a refusal. */
  readonly explain: (error: NetlinkError) => NetlinkError;
}

/** A window's requests, written; outcomes of those that could not be are there already. */
interface Window {
  readonly request: Uint8Array;
  readonly outcomes: BatchOutcome[];
  readonly bySequence: ReadonlyMap<number, number>;
  readonly last: number;
}

/**
 * Sends many requests, a window at a time, off the event loop; only refusals are answered, and the last request of a window
 * acknowledged. While one is under way the next is written. An outcome for each request, in order; the signal, and leaving the loop, stop
 * between windows.
 */
export async function* runBatch<T>(
  items: Iterable<T> | AsyncIterable<T>,
  batch: Batch<T>,
): AsyncGenerator<BatchOutcome> {
  const response = new Uint8Array(WINDOW * ANSWER);
  let underWay: Promise<BatchOutcome[]> | undefined;
  try {
    for await (const window of windows(items)) {
      const written = writeWindow(window, batch);
      if (underWay !== undefined) yield* await underWay;
      underWay = undefined;
      batch.signal?.throwIfAborted();
      underWay = sendWindow(written, batch, response);
      // Awaited a window later: until then a failure is nobody's.
      underWay.catch(() => {});
    }
    if (underWay !== undefined) yield* await underWay;
  } finally {
    // The socket is closed behind this.
    await underWay?.catch(() => {});
  }
}

async function* windows<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T[]> {
  let window: T[] = [];
  const take = (item: T): boolean => window.push(item) === WINDOW;
  // Items that are at hand are not awaited one by one.
  if (Symbol.iterator in items) {
    for (const item of items)
      if (take(item)) {
        yield window;
        window = [];
      }
  } else {
    for await (const item of items)
      if (take(item)) {
        yield window;
        window = [];
      }
  }
  if (window.length > 0) yield window;
}

function writeWindow<T>(items: readonly T[], { write, nextSequence }: Batch<T>): Window {
  const writer = new MessageWriter(items.length * 192);
  const bySequence = new Map<number, number>();
  let last = 0;
  const outcomes = items.map((item, i): BatchOutcome => {
    const sequence = nextSequence();
    try {
      writer.whole(() => write(writer, sequence, item));
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      return outcomeOf(error);
    }
    bySequence.set(sequence, i);
    last = sequence;
    return DONE;
  });
  if (bySequence.size > 0) writer.flag(NLM_F_ACK);
  return { request: writer.bytes(), outcomes, bySequence, last };
}

async function sendWindow<T>(
  { request, outcomes, bySequence, last }: Window,
  { addon, fd, operation, explain }: Batch<T>,
  response: Uint8Array,
): Promise<BatchOutcome[]> {
  if (bySequence.size === 0) return outcomes;
  const length = checked(await addon.exchange(fd, request, response, last, PATIENCE), operation);
  for (const message of messages(response, length)) {
    const i = bySequence.get(message.sequence);
    if (i === undefined || message.type !== NLMSG_ERROR) continue;
    const { errno, ...details } = readAnswer(response, message);
    if (errno !== 0) outcomes[i] = outcomeOf(explain(kernelError(operation, errno, details)));
  }
  return outcomes;
}
