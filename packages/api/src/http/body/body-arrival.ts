import type { IncomingMessage, ServerResponse } from 'node:http';
import { countBodyGarbage } from '../../limits/heap-growth.js';
import type { Ctx } from '../context.js';
import { Problem } from '../problem/problems.js';

/** How fast a body must arrive. */
export interface ArrivalRule {
  /** Milliseconds that the server waits for the client's bytes in total before `rate` applies. */
  readonly patience: number;
  /** Bytes a second that extend `patience`. Without it, the body must arrive within `patience`. */
  readonly rate?: number;
  /** Milliseconds from the start of the request to the end of the body, including the server's own pauses. */
  readonly time: number;
}

const left = (cause?: unknown): Problem =>
  new Problem('client-left', 'the connection was closed in the middle of the body', {}, {}, cause);
const late = (message: string): Problem => new Problem('request-timeout', message);

/** Waits until more bytes arrived, or the body ended or broke off. Returns false after the time limit. */
function moreOf(incoming: IncomingMessage, milliseconds: number): Promise<boolean> {
  return new Promise(resolve => {
    const settle = (arrived: boolean) => (): void => {
      clearTimeout(timer);
      for (const event of EVENTS) incoming.off(event, arrives);
      resolve(arrived);
    };
    const arrives = settle(true);
    const timer = setTimeout(settle(false), milliseconds);
    for (const event of EVENTS) incoming.on(event, arrives);
  });
}
const EVENTS = ['readable', 'end', 'error', 'close'] as const;

/**
 * The body of a request to a Node server. When the caller stops early, the connection stays open, so that a response
 * can be sent.
 *
 * @throws Problem `client-left`, `request-timeout`
 */
async function* received(
  incoming: IncomingMessage,
  begun: number,
  ruleNow: () => ArrivalRule,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  let waited = 0;
  for (;;) {
    const chunk = incoming.read() as Buffer | null;
    if (chunk !== null) {
      size += chunk.length;
      yield chunk;
      countBodyGarbage(chunk.length);
      continue;
    }
    if (incoming.readableEnded) return;
    if (incoming.destroyed) throw left(incoming.errored);
    const from = performance.now();
    const { patience, rate, time } = ruleNow();
    const patient = patience + (rate === undefined ? 0 : (size / rate) * 1000) - waited;
    const rest = begun + time - from;
    if (!(await moreOf(incoming, Math.max(0, Math.min(patient, rest)))))
      throw late(
        rest <= patient
          ? `the body did not arrive within ${time / 1000} s`
          : `the body arrives too slowly: ${size} bytes in ${Math.round(waited + patient) / 1000} s`,
      );
    waited += performance.now() - from;
  }
}

async function* streamed(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw left(error);
  }
}

/** Requests whose body reader enforces the time limit itself. */
const supervised = new WeakSet<IncomingMessage>();

/** Marks the body of a request as being read: its reader enforces the time limit and sends the error response. */
export function supervise(c: Ctx): void {
  if (c.env?.incoming !== undefined) supervised.add(c.env.incoming);
}

/** Default time limit for a body to arrive, in milliseconds. */
export const BODY_TIME = 30_000;

/** The time limit for an ordinary body to arrive, in milliseconds. */
export const bodyTimeOf = (c: Ctx): number => c.env?.listenerRules?.bodyTime ?? BODY_TIME;

/**
 * The bytes of a body as they arrive, no faster than the caller reads them.
 *
 * @param ruleNow called before each wait
 * @throws Problem `client-left`, `request-timeout`
 */
export function arriving(c: Ctx, ruleNow: () => ArrivalRule): AsyncGenerator<Uint8Array> | [] {
  supervise(c);
  const incoming = c.env?.incoming;
  if (incoming !== undefined) return received(incoming, c.get('state').begun, ruleNow);
  const { body } = c.req.raw;
  return body === null ? [] : streamed(body);
}

/** Whether a request has a body, according to its headers. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** Milliseconds between two reads from unwanted bodies. */
const PACE = 2;
/** Milliseconds after which an unwanted body is closed: when its client sends nothing, and in any case. */
const QUIET = 2_000;
const LINGER = 30_000;

/** Bodies that are being discarded, each with the time when that started. */
const unwanted = new Map<IncomingMessage, number>();
let reader: NodeJS.Timeout | undefined;

/** Reads a little from the unwanted body that has waited longest. */
function discardSome(): void {
  const [first] = unwanted;
  if (first === undefined) {
    clearInterval(reader);
    reader = undefined;
    return;
  }
  const [incoming, begun] = first;
  unwanted.delete(incoming);
  const chunk = incoming.read() as Buffer | null;
  countBodyGarbage(chunk?.length ?? 0);
  // A body that arrived completely is done, even if its end was not read: the connection may already carry the next
  // request.
  if (incoming.complete || incoming.destroyed) {
    incoming.resume();
    return;
  }
  const taken = performance.now() - begun;
  // After a pause of the whole process, there may be much left to read from a client that sent in time.
  if (taken > LINGER || (chunk === null && taken > QUIET)) incoming.socket.destroySoon();
  else unwanted.set(incoming, begun);
}

/**
 * Discards the rest of a body after its response was sent, in small steps, one body after the other. However many large
 * bodies are rejected, they fill neither the event loop nor the memory. A body that does not end in time is closed.
 * Closing at once with unread bytes would make the kernel send a reset, which can overtake the response.
 */
function discardRest(incoming: IncomingMessage): void {
  unwanted.set(incoming, performance.now());
  reader ??= setInterval(discardSome, PACE);
}

/**
 * Bounds the cost of a body that is not read, or not to its end: it is closed after the time limit, and discarded after
 * its response.
 */
export function limitUnreadBody(incoming: IncomingMessage, outgoing: ServerResponse, milliseconds: number): void {
  if (!announcesBody(incoming)) return;
  // Without this read, Node would read an untouched body at full speed after the response.
  incoming.read(0);
  outgoing.once('finish', () => {
    if (!incoming.readableEnded) discardRest(incoming);
  });
  const timer = setTimeout(() => {
    if (!incoming.complete && !supervised.has(incoming)) incoming.socket.destroy();
  }, milliseconds).unref();
  incoming.once('close', () => clearTimeout(timer));
}
