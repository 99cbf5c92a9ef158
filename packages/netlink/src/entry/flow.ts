import {
  AF_INET,
  type Direction,
  type End,
  encodeKeyBytes,
  type Flow,
  type FlowRef,
  type FlowTuple,
  formatIPv4,
  formatIPv6,
  formatNanoseconds,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  protocolOf,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
  type SeqAdj,
  type SynProxy,
  stateName,
  statusNames,
  type Tuple,
} from '@conntrack/flow';
import { eachAttribute } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import type { EntryCursor } from './cursor.js';
import { protoInfoOf } from './protoinfo.js';

/** An address of the entry as text; `''` where the kernel sent none. */
function addressText(entry: EntryCursor, end: End): string {
  const last = entry.word(end, 3);
  if (last < 0) return '';
  return entry.family() === AF_INET
    ? formatIPv4(last)
    : formatIPv6(entry.word(end, 0), entry.word(end, 1), entry.word(end, 2), last);
}

/** The address of one end, as the text of another where both are the same: without NAT the reply's are the original's, swapped. */
function addressLike(entry: EntryCursor, end: End, other: End, text: string): string {
  const same =
    entry.word(end, 3) === entry.word(other, 3) &&
    (entry.family() === AF_INET ||
      (entry.word(end, 2) === entry.word(other, 2) &&
        entry.word(end, 1) === entry.word(other, 1) &&
        entry.word(end, 0) === entry.word(other, 0)));
  return same ? text : addressText(entry, end);
}

/** One direction's tuple without counters; `swapped` is the other direction's, if that is read already. */
function tupleOf(entry: EntryCursor, direction: Direction, swapped?: Tuple): FlowTuple {
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

function countedTupleOf(entry: EntryCursor, direction: Direction, counted: boolean, swapped?: Tuple): FlowTuple {
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
export function writeKeyBytes(entry: EntryCursor, id: number): number {
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
const keyText = (entry: EntryCursor, id: number): string => encodeKeyBytes(keyBytes, writeKeyBytes(entry, id));

const nanoseconds = (entry: EntryCursor, which: number): string | undefined => {
  const at = entry.inside(U.CTA_TIMESTAMP, which, 8);
  if (at === 0) return undefined;
  const high = entry.view.getUint32(at);
  const low = entry.view.getUint32(at + 4);
  return high === 0 && low === 0 ? undefined : formatNanoseconds(high, low);
};

const word = (entry: EntryCursor, nest: number, wanted: number): number => {
  const at = entry.inside(nest, wanted, 4);
  return at === 0 ? 0 : entry.view.getUint32(at);
};

const readSeqAdj = (entry: EntryCursor, nest: number): SeqAdj => ({
  correctionPos: word(entry, nest, U.CTA_SEQADJ_CORRECTION_POS),
  offsetBefore: word(entry, nest, U.CTA_SEQADJ_OFFSET_BEFORE),
  offsetAfter: word(entry, nest, U.CTA_SEQADJ_OFFSET_AFTER),
});

/** A tuple of another connection (CTA_TUPLE_MASTER, expectations): rare, so generic. */
export function readTuple(buffer: Uint8Array, view: DataView, from: number, to: number): Tuple & { protonum?: number } {
  const tuple: Tuple & { protonum?: number } = { src: '', dst: '' };
  const v6 = (at: number): string =>
    formatIPv6(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12));
  let keys = false;
  eachAttribute(view, from, to, (nest, start, end) => {
    if (nest === U.CTA_TUPLE_ZONE && end - start >= 2) tuple.zone = view.getUint16(start);
    if (nest !== U.CTA_TUPLE_IP && nest !== U.CTA_TUPLE_PROTO) return;
    eachAttribute(view, start, end, (type, at, stop) => {
      const size = stop - at;
      if (nest === U.CTA_TUPLE_IP) {
        if (size !== 4 && size !== 16) return;
        const text = size === 4 ? formatIPv4(view.getUint32(at)) : v6(at);
        if (type === U.CTA_IP_V4_SRC || type === U.CTA_IP_V6_SRC) tuple.src = text;
        else tuple.dst = text;
      } else if (type === U.CTA_PROTO_NUM && size >= 1) {
        tuple.protonum = buffer[at]!;
        keys = tuple.protonum === 47;
      } else if (type === U.CTA_PROTO_SRC_PORT && size >= 2) tuple[keys ? 'srckey' : 'sport'] = view.getUint16(at);
      else if (type === U.CTA_PROTO_DST_PORT && size >= 2) tuple[keys ? 'dstkey' : 'dport'] = view.getUint16(at);
      else if ((type === U.CTA_PROTO_ICMP_ID || type === U.CTA_PROTO_ICMPV6_ID) && size >= 2)
        tuple.id = view.getUint16(at);
      else if ((type === U.CTA_PROTO_ICMP_TYPE || type === U.CTA_PROTO_ICMPV6_TYPE) && size >= 1)
        tuple.type = buffer[at]!;
      else if ((type === U.CTA_PROTO_ICMP_CODE || type === U.CTA_PROTO_ICMPV6_CODE) && size >= 1)
        tuple.code = buffer[at]!;
    });
  });
  return tuple;
}

/** What SYNPROXY keeps. */
export const synProxyOf = (entry: EntryCursor): SynProxy => ({
  isn: word(entry, U.CTA_SYNPROXY, U.CTA_SYNPROXY_ISN),
  its: word(entry, U.CTA_SYNPROXY, U.CTA_SYNPROXY_ITS),
  tsoff: word(entry, U.CTA_SYNPROXY, U.CTA_SYNPROXY_TSOFF),
});

type Reader = (entry: EntryCursor, flow: Flow, at: number) => void;

const seqAdj =
  (direction: 'original' | 'reply', nest: number): Reader =>
  (entry, flow) => {
    flow.seqadj = { ...flow.seqadj, [direction]: readSeqAdj(entry, nest) };
  };

/** Each attribute that most entries do not have: its number, and what it adds to a flow. In the order of the flow's fields. */
const READERS: readonly (readonly [attribute: number, read: Reader])[] = [
  [
    U.CTA_ZONE,
    (entry, flow) => {
      const zone = entry.zone();
      if (zone !== 0) flow.zone = zone;
    },
  ],
  [
    U.CTA_LABELS,
    (entry, flow, at) => {
      const labels: number[] = [];
      const bits = (entry.stopOf(U.CTA_LABELS) - at) * 8;
      for (let label = 0; label < bits; label++) if (entry.hasLabel(label)) labels.push(label);
      if (labels.length > 0) flow.labels = labels;
    },
  ],
  [
    U.CTA_SECCTX,
    (entry, flow) => {
      const secctx = entry.secctx();
      if (secctx !== undefined) flow.secctx = secctx;
    },
  ],
  [
    U.CTA_SECMARK,
    (entry, flow) => {
      const secmark = entry.secmark();
      if (secmark >= 0) flow.secmark = secmark;
    },
  ],
  [
    U.CTA_HELP,
    (entry, flow) => {
      const helper = entry.helper();
      if (helper !== undefined && helper !== '') flow.helper = helper;
    },
  ],
  [
    U.CTA_TIMESTAMP,
    (entry, flow) => {
      const start = nanoseconds(entry, U.CTA_TIMESTAMP_START);
      const stop = nanoseconds(entry, U.CTA_TIMESTAMP_STOP);
      if (start !== undefined) flow.start = start;
      if (stop !== undefined) flow.stop = stop;
    },
  ],
  [U.CTA_SEQ_ADJ_ORIG, seqAdj('original', U.CTA_SEQ_ADJ_ORIG)],
  [U.CTA_SEQ_ADJ_REPLY, seqAdj('reply', U.CTA_SEQ_ADJ_REPLY)],
  [
    U.CTA_SYNPROXY,
    (entry, flow) => {
      flow.synproxy = synProxyOf(entry);
    },
  ],
  [
    U.CTA_TUPLE_MASTER,
    (entry, flow, at) => {
      flow.master = readTuple(entry.buffer, entry.view, at, entry.stopOf(U.CTA_TUPLE_MASTER));
    },
  ],
];

const bit = (attribute: number): number => 1 << attribute;
/** Bits of the attributes that {@link addRare} reads. */
export const RARE = READERS.reduce((bits, [attribute]) => bits | bit(attribute), 0);
/** Bits of what makes a tuple counted, and of the tracker's own part. */
export const COUNTED = bit(U.CTA_COUNTERS_ORIG) | bit(U.CTA_COUNTERS_REPLY);
export const PROTOINFO = bit(U.CTA_PROTOINFO);

/** The entry that the cursor stands on, whole, as an object that holds none of its bytes. */
export function flowOf(entry: EntryCursor): Flow {
  const present = entry.presence();
  const flow = commonFlowOf(entry, present);
  addRare(entry, flow, present);
  return flow;
}

/** Adds what few entries have, in the order of the flow's fields. */
export function addRare(entry: EntryCursor, flow: Flow, present: number): void {
  if ((present & RARE) !== 0)
    for (const [attribute, read] of READERS)
      if ((present & bit(attribute)) !== 0) read(entry, flow, entry.locate(attribute));
  const portid = entry.portid();
  if (portid > 0) flow.portid = portid;
  const unknown = entry.unknown();
  if (unknown !== undefined) flow.unknown = unknown;
}

/** What nearly every entry has. One literal for each of the two usual shapes is several times faster than property after property. */
function commonFlowOf(entry: EntryCursor, present: number): Flow {
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
export function refOfEntry(entry: EntryCursor): FlowRef {
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
