import {
  type Direction,
  type End,
  type Flow,
  type FlowRef,
  type FlowTuple,
  protocolOf,
  stateName,
  statusNames,
  type Tuple,
} from '@conntrack/flow';
import {
  AF_INET,
  encodeKeyBytes,
  formatIPv4,
  formatIPv6,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
} from '@conntrack/flow/codec';
import { RARE_ATTRIBUTES } from '../wire/attributes.js';
import { fieldReader } from '../wire/fields.js';
import * as U from '../wire/uapi.js';
import { protoInfoOf } from './protoinfo.js';
import type { EntryReader } from './reader.js';

/** An address of the entry as text; `''` where the kernel sent none. */
function addressText(entry: EntryReader, end: End): string {
  const last = entry.word(end, 3);
  if (last < 0) return '';
  return entry.family() === AF_INET
    ? formatIPv4(last)
    : formatIPv6(entry.word(end, 0), entry.word(end, 1), entry.word(end, 2), last);
}

/** The address of one end, as the text of another where both are the same: without NAT the reply's are the original's, swapped. */
function addressLike(entry: EntryReader, end: End, other: End, text: string): string {
  const same =
    entry.word(end, 3) === entry.word(other, 3) &&
    (entry.family() === AF_INET ||
      (entry.word(end, 2) === entry.word(other, 2) &&
        entry.word(end, 1) === entry.word(other, 1) &&
        entry.word(end, 0) === entry.word(other, 0)));
  return same ? text : addressText(entry, end);
}

/** One direction's tuple without counters; `swapped` is the other direction's, if that is read already. */
function tupleOf(entry: EntryReader, direction: Direction, swapped?: Tuple): FlowTuple {
  const source = (direction * 2) as End;
  const destination = (direction * 2 + 1) as End;
  const src = swapped ? addressLike(entry, REPLY_SRC, ORIGINAL_DST, swapped.dst) : addressText(entry, source);
  const dst = swapped ? addressLike(entry, REPLY_DST, ORIGINAL_SRC, swapped.src) : addressText(entry, destination);
  const sport = entry.port(source);
  // Nearly all entries have ports; one literal is several times faster than property after property.
  const tuple: FlowTuple = sport >= 0 ? { src, dst, sport, dport: entry.port(destination) } : { src, dst };
  if (sport < 0) {
    const type = entry.icmpType(direction);
    if (type >= 0) {
      tuple.type = type;
      tuple.code = Math.max(0, entry.icmpCode(direction));
      tuple.id = Math.max(0, entry.icmpId(direction));
    }
    const key = entry.greKey(source);
    if (key >= 0) {
      tuple.srckey = key;
      tuple.dstkey = entry.greKey(destination);
    }
  }
  const zone = entry.directionZone(direction);
  if (zone > 0) tuple.zone = zone;
  return tuple;
}

function countedTupleOf(entry: EntryReader, direction: Direction, counted: boolean, swapped?: Tuple): FlowTuple {
  const tuple = tupleOf(entry, direction, swapped);
  if (!counted) return tuple;
  const packets = entry.packets(direction);
  if (packets >= 0) tuple.packets = packets;
  const bytes = entry.bytes(direction);
  if (bytes >= 0) tuple.bytes = bytes;
  return tuple;
}

/** The one key that is being made. */
export const keyBytes = new Uint8Array(48);

function putWord(at: number, word: number): number {
  keyBytes[at] = word >>> 24;
  keyBytes[at + 1] = word >>> 16;
  keyBytes[at + 2] = word >>> 8;
  keyBytes[at + 3] = word;
  return at + 4;
}

const half = (value: number): number => Math.max(0, value);

/** The bytes of an entry's key as `encodeKeyBytes` of @conntrack/flow takes them, in {@link keyBytes}; how many. */
export function writeKeyBytes(entry: EntryReader, id: number): number {
  const originalZone = entry.directionZone(ORIGINAL);
  const replyZone = entry.directionZone(REPLY);
  const zone = originalZone || replyZone || entry.zone();
  const family = entry.family();
  const protonum = Math.max(0, entry.protonum());
  keyBytes[0] = originalZone ? 2 : replyZone ? 3 : 1;
  keyBytes[1] = zone >>> 8;
  keyBytes[2] = zone;
  keyBytes[3] = family;
  keyBytes[4] = protonum;
  let at = 5;
  for (const end of [0, 1] as const)
    for (let index = family === AF_INET ? 3 : 0; index < 4; index++)
      at = putWord(at, entry.word(end, index as 0 | 1 | 2 | 3));
  const { kind } = protocolOf(protonum);
  if (kind === 'ports') at = putWord(at, (half(entry.port(0)) << 16) | half(entry.port(1)));
  else if (kind === 'keys') at = putWord(at, (half(entry.greKey(0)) << 16) | half(entry.greKey(1)));
  else if (kind === 'icmp')
    at = putWord(at, (half(entry.icmpType(0)) << 24) | (half(entry.icmpCode(0)) << 16) | half(entry.icmpId(0)));
  else at = putWord(at, 0);
  return putWord(at, id);
}

/** `encodeKey` of @conntrack/flow, from the kernel's bytes instead of text. */
const keyText = (entry: EntryReader, id: number): string => encodeKeyBytes(keyBytes, writeKeyBytes(entry, id));

const bit = (attribute: number): number => 1 << attribute;
const RARE_READERS = RARE_ATTRIBUTES.map(row => ({ number: row.number, read: fieldReader(row) }));
/** Bits of the attributes that {@link addRare} reads. */
export const RARE = RARE_ATTRIBUTES.reduce((bits, { number }) => bits | bit(number), 0);
/** Bits of what makes a tuple counted, and of the tracker's own part. */
export const COUNTED = bit(U.CTA_COUNTERS_ORIG) | bit(U.CTA_COUNTERS_REPLY);
export const PROTOINFO = bit(U.CTA_PROTOINFO);

/** The entry that the cursor stands on, whole, as an object that holds none of its bytes. */
export function flowOf(entry: EntryReader): Flow {
  const present = entry.presence();
  const flow = commonFlowOf(entry, present);
  addRare(entry, flow, present);
  return flow;
}

/** Adds what few entries have, in the order of the flow's fields. */
export function addRare(entry: EntryReader, flow: Flow, present: number): void {
  if ((present & RARE) !== 0) {
    const { buffer: bytes, view } = entry;
    for (const { number, read } of RARE_READERS)
      if ((present & bit(number)) !== 0)
        read({ bytes, view, start: entry.locate(number), end: entry.stopOf(number) }, flow);
  }
  const portid = entry.portid();
  if (portid > 0) flow.portid = portid;
  const unknown = entry.unknown();
  if (unknown !== undefined) flow.unknown = unknown;
}

/** What nearly every entry has. One literal for each of the two usual shapes is several times faster than property after property. */
function commonFlowOf(entry: EntryReader, present: number): Flow {
  const id = entry.id();
  const family = entry.family() === AF_INET ? 'ipv4' : 'ipv6';
  const protonum = Math.max(0, entry.protonum());
  const protocol = protocolOf(protonum).name;
  const counted = (present & COUNTED) !== 0;
  const original = countedTupleOf(entry, ORIGINAL, counted);
  const reply = countedTupleOf(entry, REPLY, counted, original);
  const number = (present & PROTOINFO) === 0 ? -1 : entry.state();
  const protoinfo = (present & PROTOINFO) === 0 ? undefined : protoInfoOf(entry);
  const bits = entry.status();
  const timeout = entry.timeout();
  const mark = entry.mark();
  const use = entry.use();
  if (id >= 0 && bits >= 0 && timeout >= 0 && mark >= 0 && use >= 0) {
    const key = keyText(entry, id);
    const status = statusNames(bits);
    if (number >= 0 && protoinfo !== undefined) {
      const state = stateName(protonum, number);
      return { id, key, family, protocol, protonum, original, reply, state, protoinfo, status, timeout, mark, use };
    }
    if (number < 0 && protoinfo === undefined)
      return { id, key, family, protocol, protonum, original, reply, status, timeout, mark, use };
  }
  // Events have no use count, and no mark of 0; DESTROY has no timeout. Not by spreading, which takes ten times as long.
  const flow: Flow =
    id >= 0
      ? { id, key: keyText(entry, id), family, protocol, protonum, original, reply }
      : { family, protocol, protonum, original, reply };
  if (number >= 0) flow.state = stateName(protonum, number);
  if (protoinfo !== undefined) flow.protoinfo = protoinfo;
  if (bits >= 0) flow.status = statusNames(bits);
  if (timeout >= 0) flow.timeout = timeout;
  if (mark >= 0) flow.mark = mark;
  if (use >= 0) flow.use = use;
  return flow;
}

/** What finds the entry again, and no more. */
export function refOfEntry(entry: EntryReader): FlowRef {
  const original = tupleOf(entry, ORIGINAL);
  const ref: FlowRef = {
    family: entry.family() === AF_INET ? 'ipv4' : 'ipv6',
    protonum: Math.max(0, entry.protonum()),
    original,
  };
  const reply = tupleOf(entry, REPLY, original);
  if (reply.src !== '') ref.reply = reply;
  const id = entry.id();
  if (id >= 0) ref.id = id;
  const zone = entry.zone();
  if (zone !== 0) ref.zone = zone;
  const replyZone = entry.directionZone(REPLY);
  if (replyZone !== 0) ref.replyZone = replyZone;
  return ref;
}
