import {
  type Direction,
  type End,
  type FlowCursor,
  type FlowRef,
  invertTuple,
  protocolOf,
  type Tuple,
} from '@conntrack/flow';
import {
  AF_INET,
  formatIPv4,
  formatIPv6,
  ICMP_REPLY,
  ICMPV6_REPLY,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  packedParts,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
} from '@conntrack/flow/codec';
import { COUNTERS, type Evidence, LASTING } from './successor.js';

// A record consists of flags, protocol, zone (2), id (4), the original tuple, the reply tuple (unless it is the original one inverted) and,
// in a strict store, the evidence. A tuple consists of the 4 bytes of the protocol and both addresses (8 or 32 bytes).
const PROTONUM = 1;
const ZONE = 2;
const ID = 4;
const TUPLE = 8;
const ADDRESSES = 4;
const TUPLE_V4 = ADDRESSES + 8;
const TUPLE_V6 = ADDRESSES + 32;
// Evidence: start (8), mark (4), four counters (4 each), status bits (4).
const MARK = 8;
const COUNTED = 12;
const BITS = COUNTED + COUNTERS.length * 4;
const EVIDENCE = BITS + 4;
/** Maximum size of a record, in bytes. */
export const LARGEST = TUPLE + 2 * TUPLE_V6 + EVIDENCE;

const FLAG_V6 = 1;
const FLAG_ID = 2;
const FLAG_ORIGINAL_ZONE = 4;
const FLAG_REPLY_ZONE = 8;
const FLAG_CHANGED = 16;
/** The record contains the reply tuple. */
const FLAG_REPLY = 32;
/** The reply tuple is the original one, inverted. */
const FLAG_TURNED = 64;
/** The flags that identify the connection. */
const IDENTITY = FLAG_V6 | FLAG_ORIGINAL_ZONE | FLAG_REPLY_ZONE;

const tupleSize = (flags: number): number => ((flags & FLAG_V6) === 0 ? TUPLE_V4 : TUPLE_V6);
const evidenceAt = (flags: number): number => TUPLE + tupleSize(flags) * ((flags & FLAG_REPLY) === 0 ? 1 : 2);

/** Returns the size of the record at a place; in a strict store with its evidence. */
export function sizeOf(view: DataView, at: number, strict: boolean): number {
  return evidenceAt(view.getUint8(at)) + (strict ? EVIDENCE : 0);
}

function putAddress(view: DataView, at: number, cursor: FlowCursor, end: End, v6: boolean): void {
  if (!v6) view.setUint32(at, cursor.word(end, 3));
  else for (const i of [0, 1, 2, 3] as const) view.setUint32(at + i * 4, cursor.word(end, i));
}

/** Returns the parts of the reply tuple if it is the original one, inverted. */
function turnedParts(protonum: number, original: number): number {
  if (protocolOf(protonum).kind !== 'icmp') return (original << 16) | (original >>> 16);
  const type = original >>> 24;
  return (((protonum === 58 ? ICMPV6_REPLY : ICMP_REPLY)[type] ?? type) << 24) | (original & 0xffffff);
}

function sameAddress(cursor: FlowCursor, one: End, other: End, v6: boolean): boolean {
  if (cursor.word(one, 3) !== cursor.word(other, 3)) return false;
  return !v6 || ([0, 1, 2] as const).every(i => cursor.word(one, i) === cursor.word(other, i));
}

const isTurned = (cursor: FlowCursor, protonum: number, v6: boolean): boolean =>
  sameAddress(cursor, ORIGINAL_SRC, REPLY_DST, v6) &&
  sameAddress(cursor, ORIGINAL_DST, REPLY_SRC, v6) &&
  (turnedParts(protonum, packedParts(cursor, ORIGINAL, protonum)) ^ packedParts(cursor, REPLY, protonum)) === 0;

function putTuple(view: DataView, at: number, cursor: FlowCursor, direction: Direction, protonum: number): void {
  const v6 = cursor.family() !== AF_INET;
  view.setUint32(at, packedParts(cursor, direction, protonum));
  putAddress(view, at + ADDRESSES, cursor, (direction * 2) as End, v6);
  putAddress(view, at + ADDRESSES + (v6 ? 16 : 4), cursor, (direction * 2 + 1) as End, v6);
}

/** Writes the record of the row that a cursor stands on, without its evidence. */
export function writeTarget(view: DataView, at: number, cursor: FlowCursor): void {
  const v6 = cursor.family() !== AF_INET;
  const protonum = Math.max(0, cursor.protonum());
  const id = cursor.id();
  const original = cursor.directionZone(ORIGINAL);
  const reply = cursor.directionZone(REPLY);
  // Without an address, the reply tuple is unknown.
  const turned = isTurned(cursor, protonum, v6) ? FLAG_TURNED : cursor.word(REPLY_SRC, 3) >= 0 ? FLAG_REPLY : 0;
  const flags =
    (v6 ? FLAG_V6 : 0) |
    (id >= 0 ? FLAG_ID : 0) |
    (original !== 0 ? FLAG_ORIGINAL_ZONE : reply !== 0 ? FLAG_REPLY_ZONE : 0) |
    turned;
  view.setUint8(at, flags);
  view.setUint8(at + PROTONUM, protonum);
  view.setUint16(at + ZONE, original || reply || cursor.zone());
  view.setUint32(at + ID, Math.max(0, id));
  putTuple(view, at + TUPLE, cursor, ORIGINAL, protonum);
  // Stryker disable next-line ConditionalExpression: after a record there is room for the largest one, and the bytes there are not read
  if (turned === FLAG_REPLY) putTuple(view, at + TUPLE + tupleSize(flags), cursor, REPLY, protonum);
}

/** Writes the evidence of a row after the record at a place. */
export function writeEvidence(view: DataView, record: number, cursor: FlowCursor): void {
  const at = record + evidenceAt(view.getUint8(record));
  view.setFloat64(at, cursor.start());
  view.setUint32(at + MARK, Math.max(0, cursor.mark()));
  for (let i = 0; i < COUNTERS.length; i++)
    view.setUint32(at + COUNTED + i * 4, Math.min(0xffffffff, Math.max(0, COUNTERS[i]!(cursor))));
  view.setUint32(at + BITS, (Math.max(0, cursor.status()) & LASTING) >>> 0);
}

/** Reads the evidence after the record at a place. */
export function readEvidence(view: DataView, record: number): Evidence {
  const at = record + evidenceAt(view.getUint8(record));
  return {
    start: view.getFloat64(at),
    mark: view.getUint32(at + MARK),
    counters: COUNTERS.map((_, i) => view.getUint32(at + COUNTED + i * 4)),
    status: view.getUint32(at + BITS),
  };
}

const address = (view: DataView, at: number, v6: boolean): string =>
  v6
    ? formatIPv6(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12))
    : formatIPv4(view.getUint32(at));

function readTuple(view: DataView, at: number, protonum: number, v6: boolean): Tuple {
  const src = address(view, at + ADDRESSES, v6);
  const dst = address(view, at + ADDRESSES + (v6 ? 16 : 4), v6);
  const high = view.getUint16(at);
  const low = view.getUint16(at + 2);
  switch (protocolOf(protonum).kind) {
    case 'ports':
      return { src, dst, sport: high, dport: low };
    case 'icmp':
      return { src, dst, type: high >>> 8, code: high & 255, id: low };
    case 'keys':
      return { src, dst, srckey: high, dstkey: low };
    default:
      return { src, dst };
  }
}

/** Reads the reference in a record. */
export function readTarget(view: DataView, at: number): FlowRef {
  const flags = view.getUint8(at);
  const v6 = (flags & FLAG_V6) !== 0;
  const protonum = view.getUint8(at + PROTONUM);
  const zone = view.getUint16(at + ZONE);
  const original = readTuple(view, at + TUPLE, protonum, v6);
  const ref: FlowRef = { family: v6 ? 'ipv6' : 'ipv4', protonum, original };
  if ((flags & FLAG_TURNED) !== 0) ref.reply = invertTuple(original, protonum);
  else if ((flags & FLAG_REPLY) !== 0) ref.reply = readTuple(view, at + TUPLE + tupleSize(flags), protonum, v6);
  if ((flags & FLAG_ID) !== 0) ref.id = view.getUint32(at + ID);
  if ((flags & FLAG_ORIGINAL_ZONE) !== 0) original.zone = zone;
  else if ((flags & FLAG_REPLY_ZONE) !== 0) ref.replyZone = zone;
  else if (zone !== 0) ref.zone = zone;
  return ref;
}

/** Returns the id in the record at a place; −1 if it has none. */
export const idAt = (view: DataView, at: number): number =>
  (view.getUint8(at) & FLAG_ID) === 0 ? -1 : view.getUint32(at + ID);

/** Marks a target as changed. */
export const setChanged = (view: DataView, at: number): void => view.setUint8(at, view.getUint8(at) | FLAG_CHANGED);

export const isChanged = (view: DataView, at: number): boolean => (view.getUint8(at) & FLAG_CHANGED) !== 0;

/** FNV-1a hash of a record's original tuple: equal for entries that follow each other on one tuple. */
export function hash(view: DataView, at: number): number {
  const flags = view.getUint8(at);
  const end = TUPLE + tupleSize(flags);
  let value = 0x811c9dc5 ^ (flags & IDENTITY) ^ (view.getUint16(at + ZONE) << 8) ^ view.getUint8(at + PROTONUM);
  for (let i = TUPLE; i < end; i += 4) {
    value = Math.imul(value ^ view.getUint32(at + i), 0x01000193);
    value ^= value >>> 15;
  }
  return value >>> 0;
}

/** Whether two records have the same original tuple, in the same zones. */
export function sameTuple(one: DataView, at: number, other: DataView, place: number): boolean {
  const flags = one.getUint8(at);
  if (((flags ^ other.getUint8(place)) & IDENTITY) !== 0) return false;
  for (let i = PROTONUM; i < TUPLE + tupleSize(flags); i++)
    if ((i < ID || i >= TUPLE) && one.getUint8(at + i) !== other.getUint8(place + i)) return false;
  return true;
}
