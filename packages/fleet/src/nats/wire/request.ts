import { jsonObject } from './frames.js';
import type { ReplyKind } from './subjects.js';

/** Headers as pairs: a name may occur more than once. */
export type HeaderPairs = readonly (readonly [string, string])[];

/** What a hub asks. A body that fits travels in the message itself; a longer one follows in frames. */
export interface RequestHead {
  /** The hub that asks, and its name for this exchange. The node answers on a subject made of both. */
  readonly hub: string;
  readonly exchange: string;
  readonly reply: ReplyKind;
  /** Only this start of the node may answer. Absent in a request to many. */
  readonly instance?: string;
  /**
   * The node must not begin after this time of its own monotonic clock, in milliseconds: a message that was kept
   * somewhere on the way is not executed after the hub gave up.
   */
  readonly until?: number;
  /** The longest silence of the node in milliseconds. */
  readonly sign: number;
  /** Bytes of the answer's body that the hub takes before it grants more. */
  readonly credit: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: HeaderPairs;
  /** Whether a body follows in frames. */
  readonly streams?: true;
}

/** The first frame of an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: HeaderPairs;
}

/** Makes the message of a request: the length of its head, the head, the body. */
export function requestMessage(head: RequestHead, body?: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify(head));
  const message = Buffer.allocUnsafe(4 + text.length + (body?.length ?? 0));
  message.writeUInt32BE(text.length);
  message.set(text, 4);
  if (body !== undefined) message.set(body, 4 + text.length);
  return message;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;

/** Whether a value has the shape of header pairs. */
export const isHeaderPairs = (value: unknown): value is HeaderPairs =>
  Array.isArray(value) && value.every(pair => Array.isArray(pair) && pair.length === 2 && pair.every(isText));

/** Names of hubs and exchanges become tokens of a subject: no dots or wildcards. */
const TOKEN = /^[\w-]{1,80}$/;

function isRequestHead(head: Record<string, unknown>): boolean {
  const { hub, exchange, reply, instance, until, sign, credit, method, path, headers } = head;
  return (
    [hub, exchange].every(each => isText(each) && TOKEN.test(each)) &&
    (reply === 'reply' || reply === 'events') &&
    (instance === undefined || isText(instance)) &&
    (until === undefined || isCount(until)) &&
    [sign, credit].every(isCount) &&
    isText(method) &&
    isText(path) &&
    path.startsWith('/') &&
    isHeaderPairs(headers)
  );
}

/** A request as the node received it. */
export interface ReceivedRequest {
  readonly head: RequestHead;
  readonly body: Uint8Array | undefined;
}

/** Reads the message of a request. `undefined` for anything else. */
export function readRequest(message: Uint8Array): ReceivedRequest | undefined {
  if (message.length < 4) return undefined;
  const end = 4 + new DataView(message.buffer, message.byteOffset, message.length).getUint32(0);
  if (end > message.length) return undefined;
  const head = jsonObject(message.subarray(4, end));
  if (head === undefined || !isRequestHead(head)) return undefined;
  return { head: head as unknown as RequestHead, body: end < message.length ? message.subarray(end) : undefined };
}
