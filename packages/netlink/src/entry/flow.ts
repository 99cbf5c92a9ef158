import type { Direction, End, Flow, FlowRef, FlowTuple } from '@conntrack/flow';
import { AF_INET, encodeKeyBytes, ORIGINAL, REPLY, readCountedTuple, readTuple } from '@conntrack/flow/codec';
import { RARE_ATTRIBUTES } from '../wire/attributes.js';
import { fieldReader } from '../wire/fields.js';
import * as U from '../wire/uapi.js';
import { ipv4Text, ipv6Text } from './address-text.js';
import { assembleFlow } from './assemble-flow.js';
import { keyBytes, writeKeyBytes } from './key-bytes.js';
import { protoInfoOf } from './protoinfo.js';
import type { EntryReader } from './reader.js';
import { usualFlowOf } from './usual-flow.js';

/** Returns an address of the entry as text; `''` if the kernel sent none. */
function addressText(entry: EntryReader, end: End): string {
  const last = entry.word(end, 3);
  if (last < 0) return '';
  return entry.family() === AF_INET
    ? ipv4Text(last)
    : ipv6Text(entry.word(end, 0), entry.word(end, 1), entry.word(end, 2), last);
}

/** Returns the tuple of one direction without its counters. */
const tupleOf = (entry: EntryReader, direction: Direction): FlowTuple =>
  readTuple(entry, direction, end => addressText(entry, end));

const countedTupleOf = (entry: EntryReader, direction: Direction, counted: boolean): FlowTuple =>
  counted ? readCountedTuple(entry, direction, end => addressText(entry, end)) : tupleOf(entry, direction);

/** Encodes a key as `encodeKey` of @conntrack/flow does, from the kernel's bytes. */
const keyText = (entry: EntryReader, id: number): string => encodeKeyBytes(keyBytes, writeKeyBytes(entry, id));

const bit = (attribute: number): number => 1 << attribute;
const RARE_READERS = RARE_ATTRIBUTES.map(row => ({ number: row.number, read: fieldReader(row) }));
/** A bit for each attribute that {@link addRare} reads. */
export const RARE = RARE_ATTRIBUTES.reduce((bits, { number }) => bits | bit(number), 0);
/** Bits of the counters, and of the tracker's own attributes. */
export const COUNTED = bit(U.CTA_COUNTERS_ORIG) | bit(U.CTA_COUNTERS_REPLY);
export const PROTOINFO = bit(U.CTA_PROTOINFO);

/** The rare attributes that every entry of a table may have: the zone and the times. */
const USUAL = bit(U.CTA_ZONE) | bit(U.CTA_TIMESTAMP) | bit(U.CTA_TIMESTAMP_EVENT);

/** Whether an entry has SYNPROXY's state with zeros only: every entry that was created over netlink has it. */
export function hasIdleSynproxy(entry: EntryReader): boolean {
  const at = entry.locate(U.CTA_SYNPROXY);
  if (at === 0) return false;
  const { view } = entry;
  for (let from = at, end = entry.stopOf(U.CTA_SYNPROXY); from + 8 <= end; from += 8)
    if (view.getUint32(from + 4) !== 0) return false;
  return true;
}

/** Whether an entry has rare fields beside zone and times, or more of a tracker than TCP's. */
export function hasRareFields(entry: EntryReader): boolean {
  const present = entry.presence();
  const rare = present & RARE & ~USUAL;
  if (rare !== 0 && (rare !== bit(U.CTA_SYNPROXY) || !hasIdleSynproxy(entry))) return true;
  if ((present & PROTOINFO) !== 0 && entry.protonum() !== 6) return true;
  return entry.unknown() !== undefined;
}

/** Makes a flow of the current entry, with all fields. It keeps none of the bytes. */
export function flowOf(entry: EntryReader): Flow {
  const usual = usualFlowOf(entry);
  if (usual !== undefined) return usual;
  const present = entry.presence();
  const flow = commonFlowOf(entry, present);
  addRare(entry, flow, present);
  return flow;
}

/** Adds the rare fields, in the order of the flow's fields. */
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

/** Makes a flow of the common fields, attribute by attribute. */
function commonFlowOf(entry: EntryReader, present: number): Flow {
  const id = entry.id();
  const counted = (present & COUNTED) !== 0;
  const hasProtoinfo = (present & PROTOINFO) !== 0;
  return assembleFlow(
    id,
    id < 0 ? '' : keyText(entry, id),
    entry.family() === AF_INET ? 'ipv4' : 'ipv6',
    Math.max(0, entry.protonum()),
    countedTupleOf(entry, ORIGINAL, counted),
    countedTupleOf(entry, REPLY, counted),
    hasProtoinfo ? entry.state() : -1,
    hasProtoinfo ? protoInfoOf(entry) : undefined,
    entry.status(),
    entry.timeout(),
    entry.mark(),
    entry.use(),
  );
}

/** Makes a reference that identifies the entry. */
export function refOfEntry(entry: EntryReader): FlowRef {
  const original = tupleOf(entry, ORIGINAL);
  const ref: FlowRef = {
    family: entry.family() === AF_INET ? 'ipv4' : 'ipv6',
    protonum: Math.max(0, entry.protonum()),
    original,
  };
  const reply = tupleOf(entry, REPLY);
  if (reply.src !== '') ref.reply = reply;
  const id = entry.id();
  if (id >= 0) ref.id = id;
  const zone = entry.zone();
  if (zone !== 0) ref.zone = zone;
  const replyZone = entry.directionZone(REPLY);
  if (replyZone !== 0) ref.replyZone = replyZone;
  return ref;
}
