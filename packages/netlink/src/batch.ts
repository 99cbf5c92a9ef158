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
}

/**
 * Sends many requests, a window at a time, off the event loop; only refusals are answered, and the last request of a window
 * acknowledged. An outcome for each request, in order. The signal stops between windows.
 */
export async function* runBatch<T>(
  items: Iterable<T> | AsyncIterable<T>,
  batch: Batch<T>,
): AsyncGenerator<BatchOutcome> {
  const response = new Uint8Array(WINDOW * ANSWER);
  let window: T[] = [];
  const flush = async function* (): AsyncGenerator<BatchOutcome> {
    batch.signal?.throwIfAborted();
    yield* await sendWindow(window, batch, response);
    window = [];
  };
  for await (const item of items) {
    window.push(item);
    if (window.length === WINDOW) yield* flush();
  }
  if (window.length > 0) yield* flush();
}

async function sendWindow<T>(items: readonly T[], batch: Batch<T>, response: Uint8Array): Promise<BatchOutcome[]> {
  const { addon, fd, operation, write, nextSequence } = batch;
  const writer = new MessageWriter(items.length * 128);
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
  if (bySequence.size === 0) return outcomes;
  writer.flag(NLM_F_ACK);
  const length = checked(await addon.exchange(fd, writer.bytes(), response, last, PATIENCE), operation);
  for (const message of messages(response, length)) {
    const i = bySequence.get(message.sequence);
    if (i === undefined || message.type !== NLMSG_ERROR) continue;
    const { errno, ...details } = readAnswer(response, message);
    if (errno !== 0) outcomes[i] = outcomeOf(kernelError(operation, errno, details));
  }
  return outcomes;
}
