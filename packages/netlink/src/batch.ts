import type { FlowRef } from '@conntrack/flow';
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

/** Writes one request. What it throws is the request's outcome, and nothing is sent for it. */
export type WriteRequest = (writer: MessageWriter, sequence: number, flags: number, ref: FlowRef) => void;

const DONE: BatchOutcome = { outcome: 'done' };
const GONE: BatchOutcome = { outcome: 'gone' };

const outcomeOf = (error: NetlinkError): BatchOutcome =>
  error.errnoName === 'ENOENT' ? GONE : { outcome: 'failed', error };

/**
 * Sends many requests, a window at a time, off the event loop; only refusals are answered, and the last request of a window
 * acknowledged. An outcome for each request, in order. The signal stops between windows.
 */
export async function* batch(
  addon: Native,
  fd: number,
  refs: Iterable<FlowRef> | AsyncIterable<FlowRef>,
  operation: Operation,
  write: WriteRequest,
  nextSequence: () => number,
  signal: AbortSignal | undefined,
): AsyncGenerator<BatchOutcome> {
  const response = new Uint8Array(WINDOW * ANSWER);
  let window: FlowRef[] = [];
  const flush = async function* (): AsyncGenerator<BatchOutcome> {
    signal?.throwIfAborted();
    yield* await sendWindow(addon, fd, window, operation, write, nextSequence, response);
    window = [];
  };
  for await (const ref of refs) {
    window.push(ref);
    if (window.length === WINDOW) yield* flush();
  }
  if (window.length > 0) yield* flush();
}

async function sendWindow(
  addon: Native,
  fd: number,
  refs: readonly FlowRef[],
  operation: Operation,
  write: WriteRequest,
  nextSequence: () => number,
  response: Uint8Array,
): Promise<BatchOutcome[]> {
  const outcomes: BatchOutcome[] = refs.map(() => DONE);
  // Encoding is tried alone first: a request that cannot be encoded must not leave half of itself between the others.
  const sound = refs
    .map((_, i) => i)
    .filter(i => encodes(refs[i]!, write, error => (outcomes[i] = { outcome: 'failed', error })));
  if (sound.length === 0) return outcomes;
  const writer = new MessageWriter(sound.length * 128);
  const bySequence = new Map<number, number>();
  let last = 0;
  for (const [position, i] of sound.entries()) {
    last = nextSequence();
    bySequence.set(last, i);
    write(writer, last, position === sound.length - 1 ? NLM_F_ACK : 0, refs[i]!);
  }
  const request = writer.bytes();
  const length = checked(await addon.exchange(fd, request, response, last, PATIENCE), operation);
  for (const message of messages(response, length)) {
    const i = bySequence.get(message.sequence);
    if (i === undefined || message.type !== NLMSG_ERROR) continue;
    const { errno, ...details } = readAnswer(response, message);
    if (errno !== 0) outcomes[i] = outcomeOf(kernelError(operation, errno, details));
  }
  return outcomes;
}

function encodes(ref: FlowRef, write: WriteRequest, refused: (error: NetlinkError) => void): boolean {
  try {
    write(new MessageWriter(256), 0, 0, ref);
    return true;
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    refused(error);
    return false;
  }
}
