import { LITTLE } from './endianness.js';
import { malformed } from './error.js';
import * as U from './uapi.js';
import { eachAttribute } from './walk.js';

/** Bytes of nlmsghdr and nfgenmsg, which precede the attributes of an entry. */
export const HEADER = 20;

/** The header of a netlink message (linux/netlink.h), and its place in the buffer. */
export interface Message {
  /** Offset where the message begins, and where it ends. */
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portid: number;
}

/** Returns the length of the message at an offset; `length` is that of the buffer. @throws NetlinkError MALFORMED */
function sizeAt(view: DataView, at: number, length: number): number {
  if (length - at < 16) throw malformed('a message header is truncated', at);
  const size = view.getUint32(at, LITTLE);
  if (size < 16 || size > length - at) throw malformed(`a message of ${size} bytes`, at);
  return size;
}

/**
 * Returns the offset of the first message of netlink itself (an error, the end of a dump); `length` if there is none. @throws NetlinkError
 * MALFORMED
 */
export function firstControl(bytes: Uint8Array, length: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let at = 0;
  while (at < length) {
    const size = sizeAt(view, at, length);
    if (view.getUint16(at + 4, LITTLE) < U.NLMSG_MIN_TYPE) return at;
    at += (size + 3) & ~3;
  }
  return length;
}

/** Returns the message at an offset; `length` is that of the buffer. @throws NetlinkError MALFORMED */
export function messageAt(view: DataView, at: number, length: number): Message {
  return {
    start: at,
    end: at + sizeAt(view, at, length),
    type: view.getUint16(at + 4, LITTLE),
    flags: view.getUint16(at + 6, LITTLE),
    sequence: view.getUint32(at + 8, LITTLE),
    portid: view.getUint32(at + 12, LITTLE),
  };
}

/** Returns the offset after a message and its padding. */
export const afterMessage = ({ end }: Message): number => (end + 3) & ~3;

/** Yields the messages of one or more datagrams, starting at an offset. @throws NetlinkError MALFORMED */
export function* messages(bytes: Uint8Array, length: number = bytes.length, from = 0): Generator<Message> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (let at = from; at < length; ) {
    const message = messageAt(view, at, length);
    yield message;
    at = afterMessage(message);
  }
}

const decoder = new TextDecoder();

/** Reads a string attribute, without its terminating zero. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  let stop = end;
  while (stop > start && bytes[stop - 1] === 0) stop--;
  return decoder.decode(bytes.subarray(start, stop));
}

/** The content of an NLMSG_ERROR. An errno of 0 is an acknowledgement. */
export interface Answer {
  errno: number;
  kernelMessage?: string;
  offset?: number;
}

/** Reads an NLMSG_ERROR with its optional extended acknowledgement. */
export function readAnswer(bytes: Uint8Array, message: Message): Answer {
  if (message.end - message.start < 36) throw malformed('an error message is truncated', message.start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const answer: Answer = { errno: -view.getInt32(message.start + 16, LITTLE) };
  if ((message.flags & U.NLM_F_ACK_TLVS) === 0) return answer;
  // With NLM_F_CAPPED it contains only the header of the request, otherwise the whole request.
  const request = (message.flags & U.NLM_F_CAPPED) !== 0 ? 16 : view.getUint32(message.start + 20, LITTLE);
  if (request < 16 || request > message.end - message.start - 20)
    throw malformed('an error message is shorter than the request it quotes', message.start);
  eachAttribute(view, message.start + 20 + ((request + 3) & ~3), message.end, (type, start, end) => {
    if (type === U.NLMSGERR_ATTR_MSG) answer.kernelMessage = text(bytes, start, end);
    else if (type === U.NLMSGERR_ATTR_OFFS && end - start >= 4) answer.offset = view.getUint32(start, LITTLE);
  });
  return answer;
}
