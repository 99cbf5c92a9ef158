import { LITTLE } from './endianness.js';
import { malformed } from './error.js';
import * as U from './uapi.js';
import { eachAttribute } from './walk.js';

/** nlmsghdr and nfgenmsg: what precedes the attributes of an entry, in bytes. */
export const HEADER = 20;

/** A netlink message's header (linux/netlink.h), and where it stands. */
export interface Message {
  /** Where the message begins and ends in the buffer. */
  readonly start: number;
  readonly end: number;
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly portid: number;
}

/** The length of the message at an offset, `length` being all there is. @throws NetlinkError MALFORMED */
function sizeAt(view: DataView, at: number, length: number): number {
  if (length - at < 16) throw malformed('a message header is truncated', at);
  const size = view.getUint32(at, LITTLE);
  if (size < 16 || size > length - at) throw malformed(`a message of ${size} bytes`, at);
  return size;
}

/** Where the first message of netlink itself begins (an error, the end of a dump), as opposed to a family's; `length` when there is none. @throws NetlinkError MALFORMED */
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

/** The messages of one or more datagrams, from an offset on. @throws NetlinkError MALFORMED */
export function* messages(bytes: Uint8Array, length: number = bytes.length, from = 0): Generator<Message> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (let at = from; at < length; ) {
    const size = sizeAt(view, at, length);
    yield {
      start: at,
      end: at + size,
      type: view.getUint16(at + 4, LITTLE),
      flags: view.getUint16(at + 6, LITTLE),
      sequence: view.getUint32(at + 8, LITTLE),
      portid: view.getUint32(at + 12, LITTLE),
    };
    at += (size + 3) & ~3;
  }
}

const decoder = new TextDecoder();

/** A string attribute, without its terminating zero. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  let stop = end;
  while (stop > start && bytes[stop - 1] === 0) stop--;
  return decoder.decode(bytes.subarray(start, stop));
}

/** What an NLMSG_ERROR says: 0 is an acknowledgement. */
export interface Answer {
  errno: number;
  kernelMessage?: string;
  offset?: number;
}

/** Reads an NLMSG_ERROR with its extended acknowledgement, if any. */
export function readAnswer(bytes: Uint8Array, message: Message): Answer {
  if (message.end - message.start < 36) throw malformed('an error message is truncated', message.start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const answer: Answer = { errno: -view.getInt32(message.start + 16, LITTLE) };
  if ((message.flags & U.NLM_F_ACK_TLVS) === 0) return answer;
  // With NLM_F_CAPPED only the header of the request stands in between, otherwise all of it.
  const request = (message.flags & U.NLM_F_CAPPED) !== 0 ? 16 : view.getUint32(message.start + 20, LITTLE);
  if (request < 16 || request > message.end - message.start - 20)
    throw malformed('an error message is shorter than the request it quotes', message.start);
  eachAttribute(view, message.start + 20 + ((request + 3) & ~3), message.end, (type, start, end) => {
    if (type === U.NLMSGERR_ATTR_MSG) answer.kernelMessage = text(bytes, start, end);
    else if (type === U.NLMSGERR_ATTR_OFFS && end - start >= 4) answer.offset = view.getUint32(start, LITTLE);
  });
  return answer;
}
