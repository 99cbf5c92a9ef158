import { AF_INET6 } from '../address/family.js';
import { protocolOf } from '../protocol/protocol.js';
import { packedParts } from '../tuple/packed-parts.js';
import { type End, type FlowCursor, ORIGINAL, REPLY } from './cursor.js';

/**
 * An entry as numbers, read in one step: for stores that hold many entries. One object is filled again and again. −1 means unknown, unless a
 * member says otherwise.
 */
export class PackedEntry {
  /** The four words of each of the four addresses, in the order of {@link End}. For IPv4 only the last word of each is valid. */
  readonly addresses = new Uint32Array(16);
  v6 = false;
  protonum = 0;
  /** Whether the tuples have the parts of their protocol. A kernel without the protocol's tracker sends none. */
  hasParts = false;
  /** The protocol's part of each tuple, see {@link packedParts}. */
  parts = 0;
  replyParts = 0;
  /** 0: unknown. */
  id = 0;
  /** 0: none, as for a cursor. */
  zone = 0;
  originalZone = 0;
  replyZone = 0;
  state = -1;
  status = -1;
  timeout = -1;
  mark = -1;
  use = -1;
  originalPackets = -1;
  originalBytes = -1;
  replyPackets = -1;
  replyBytes = -1;
  /** TCP's window scales and flags of both directions as the four bytes of one signed number; −1 if one is missing. */
  tcp = -1;
  /** The halves of the start time in nanoseconds since 1970; both 0 if it is unknown. */
  startHigh = 0;
  startLow = 0;
  /** Whether the entry has SYNPROXY's state with zeros only, as every entry that a program created. */
  idleSynproxy = false;
  /** Whether the flow has fields that are not packed: labels, a helper, a master, another protocol's state … */
  rare = false;
}

function hasParts(cursor: FlowCursor, protonum: number): boolean {
  switch (protocolOf(protonum).kind) {
    case 'ports':
      return cursor.port(0) >= 0;
    case 'icmp':
      return cursor.icmpType(ORIGINAL) >= 0;
    case 'keys':
      return cursor.greKey(0) >= 0;
    default:
      return false;
  }
}

/** Packs what identifies the connection that a cursor stands on. */
export function packIdentity(cursor: FlowCursor, into: PackedEntry): void {
  const protonum = Math.max(0, cursor.protonum());
  into.v6 = cursor.family() === AF_INET6;
  into.protonum = protonum;
  into.hasParts = hasParts(cursor, protonum);
  into.parts = packedParts(cursor, ORIGINAL, protonum);
  into.replyParts = packedParts(cursor, REPLY, protonum);
  into.id = Math.max(0, cursor.id());
  into.zone = cursor.zone();
  into.originalZone = cursor.directionZone(ORIGINAL);
  into.replyZone = cursor.directionZone(REPLY);
  for (let at = 0; at < 16; at++) into.addresses[at] = cursor.word((at >> 2) as End, (at & 3) as 0 | 1 | 2 | 3);
}

/** Packs the entry that a cursor stands on, except what a cursor cannot tell: TCP's bytes, the start and SYNPROXY. They count as rare. */
export function packCursor(cursor: FlowCursor, into: PackedEntry): void {
  packIdentity(cursor, into);
  into.state = cursor.state();
  into.status = cursor.status();
  into.timeout = cursor.timeout();
  into.mark = cursor.mark();
  into.use = cursor.use();
  into.originalPackets = cursor.packets(ORIGINAL);
  into.originalBytes = cursor.bytes(ORIGINAL);
  into.replyPackets = cursor.packets(REPLY);
  into.replyBytes = cursor.bytes(REPLY);
  into.tcp = -1;
  into.startHigh = 0;
  into.startLow = 0;
  into.idleSynproxy = false;
  into.rare = true;
}
