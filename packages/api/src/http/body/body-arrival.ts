import type { IncomingMessage, ServerResponse } from 'node:http';
import { countBodyGarbage } from '../../limits/heap-growth.js';
import type { Ctx } from '../context.js';
import { Problem } from '../problem/problems.js';

/** How slowly a body may arrive. */
export interface ArrivalRule {
  /** Milliseconds that the server waits for the client's bytes, all waits together, before the rate counts. */
  readonly patience: number;
  /** Bytes a second that extend the patience. Without a rate the body has to arrive within the patience. */
  readonly rate?: number;
  /** Milliseconds from the request's begin to the body's end, the server's own pauses included. */
  readonly time: number;
}

const left = (cause?: unknown): Problem =>
  new Problem('client-left', 'the connection was closed in the middle of the body', {}, {}, cause);
const late = (message: string): Problem => new Problem('request-timeout', message);

/** Waits until a body has more bytes, has ended or broke off. False: the time was over before. */
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
 * The body of a request to a Node server. A reader that stops in the middle leaves the connection as it is: the answer can still be sent.
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

/** Bodies whose reader keeps the time. */
const supervised = new WeakSet<IncomingMessage>();

/** Says that the body of a request will be read: its reader keeps the time, and answers when the time is over. */
export function supervise(c: Ctx): void {
  if (c.env?.incoming !== undefined) supervised.add(c.env.incoming);
}

/** Milliseconds for a body to arrive, where nothing else is configured. */
export const BODY_TIME = 30_000;

/** Milliseconds within which an ordinary body has to arrive. */
export const bodyTimeOf = (c: Ctx): number => c.env?.listenerRules?.bodyTime ?? BODY_TIME;

/**
 * The bytes of a body as they arrive, at the speed of the reader.
 *
 * @param ruleNow asked before each wait
 * @throws Problem `client-left`, `request-timeout`
 */
export function arriving(c: Ctx, ruleNow: () => ArrivalRule): AsyncGenerator<Uint8Array> | [] {
  supervise(c);
  const incoming = c.env?.incoming;
  if (incoming !== undefined) return received(incoming, c.get('begun'), ruleNow);
  const { body } = c.req.raw;
  return body === null ? [] : streamed(body);
}

/** Whether a request brings a body, by its headers. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** Milliseconds between two reads of bodies that nobody wants. */
const PACE = 2;
/** Milliseconds after which a body is given up whose client sends nothing, and after which any body is. */
const QUIET = 2_000;
const LINGER = 30_000;

/** Bodies whose rest is thrown away, each with the moment when that began. */
const unwanted = new Map<IncomingMessage, number>();
let reader: NodeJS.Timeout | undefined;

/** Reads a little of the unwanted body that has waited longest. */
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
  // What has arrived whole is over, though its end was not read: the next request may be on this connection already.
  if (incoming.complete || incoming.destroyed) {
    incoming.resume();
    return;
  }
  const taken = performance.now() - begun;
  // After a pause of the whole process there may be much to read of a client that sent in time.
  if (taken > LINGER || (chunk === null && taken > QUIET)) incoming.socket.destroySoon();
  else unwanted.set(incoming, begun);
}

/**
 * Throws the rest of a body away once its answer is sent, little by little, one body after the other: however many large bodies are refused, they fill
 * neither the event loop nor the memory. What has not ended after a while is closed. To close it at once, with bytes unread, makes the kernel send a reset,
 * which can overtake the answer.
 */
function discardRest(incoming: IncomingMessage): void {
  unwanted.set(incoming, performance.now());
  reader ??= setInterval(discardSome, PACE);
}

/** Bounds what a body costs that nobody reads, or not to its end: it is cut when its time is over, and thrown away behind its answer. */
export function limitUnreadBody(incoming: IncomingMessage, outgoing: ServerResponse, milliseconds: number): void {
  if (!announcesBody(incoming)) return;
  // Where nobody has begun to read, Node reads on at full speed behind the answer.
  incoming.read(0);
  outgoing.once('finish', () => {
    if (!incoming.readableEnded) discardRest(incoming);
  });
  const timer = setTimeout(() => {
    if (!incoming.complete && !supervised.has(incoming)) incoming.socket.destroy();
  }, milliseconds).unref();
  incoming.once('close', () => clearTimeout(timer));
}
