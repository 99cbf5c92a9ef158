import { type Family, protocolOf, type Tuple } from '@conntrack/flow';
import { MAY_BE_UNTRACKED, parseIPv4, parseIPv6Into, TUPLE_FIELDS } from '@conntrack/flow/codec';
import { type Attribute, PROTO } from '../wire/attributes.js';
import { NetlinkError, type Operation } from '../wire/error.js';
import { inRange } from '../wire/types.js';
import {
  CTA_IP_V4_DST,
  CTA_IP_V4_SRC,
  CTA_IP_V6_DST,
  CTA_IP_V6_SRC,
  CTA_PROTO_NUM,
  CTA_TUPLE_IP,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_ZONE,
} from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';

const NUMBERS = Object.values(TUPLE_FIELDS).flat();

/** A protocol-dependent part of a tuple: its field, attribute, and size. */
interface Part {
  readonly field: (typeof NUMBERS)[number];
  readonly attribute: number;
  readonly bits: 8 | 16;
}

/** The attributes of some fields. GRE keys are sent as ports. */
const partsOfFields = (fields: readonly string[], rows: readonly Attribute[]): readonly Part[] =>
  rows
    .filter(({ field }) => fields.includes(field!))
    .map(({ field, number, type }) => ({
      field: field as Part['field'],
      attribute: number,
      bits: type === 'u8' ? 8 : 16,
    }));
const ofICMPv6 = ({ name }: Attribute): boolean => name.startsWith('CTA_PROTO_ICMPV6');
const PORTS = partsOfFields(TUPLE_FIELDS.ports, PROTO);
const KEYS = PORTS.map((part, i) => ({ ...part, field: TUPLE_FIELDS.keys[i]! }));
const ICMP = partsOfFields(
  TUPLE_FIELDS.icmp,
  PROTO.filter(row => !ofICMPv6(row)),
);
const ICMPV6 = partsOfFields(TUPLE_FIELDS.icmp, PROTO.filter(ofICMPv6));

const SRC = [CTA_IP_V4_SRC, CTA_IP_V6_SRC] as const;
const DST = [CTA_IP_V4_DST, CTA_IP_V6_DST] as const;

/** Returns the protocol-dependent parts of a tuple. */
export const partsOf = (protonum: number): readonly Part[] => {
  const { kind } = protocolOf(protonum);
  if (kind === 'ports') return PORTS;
  if (kind === 'keys') return KEYS;
  if (kind === 'icmp') return protonum === 58 ? ICMPV6 : ICMP;
  return [];
};

const incomplete = (operation: Operation, missing: string): NetlinkError =>
  new NetlinkError(
    'TUPLE_INCOMPLETE',
    operation,
    `${operation} refused: the tuple has no ${missing}; a request without a complete tuple would apply to every entry`,
  );

const words = new Uint32Array(4);

/** Writes an address as the attribute of its family. @throws NetlinkError NOT_ENCODABLE */
export function writeAddress(
  writer: MessageWriter,
  operation: Operation,
  family: Family,
  attributes: readonly [ipv4: number, ipv6: number],
  text: string,
): void {
  if (typeof text !== 'string') throw new NetlinkError('NOT_ENCODABLE', operation, 'an address must be a string');
  if (family === 'ipv4') {
    const word = parseIPv4(text);
    if (word >= 0) {
      writer.u32(attributes[0], word);
      return;
    }
  } else if (parseIPv6Into(words, 0, text)) {
    writer.words(attributes[1], words);
    return;
  }
  throw new NetlinkError(
    'NOT_ENCODABLE',
    operation,
    `'${text}' is not an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`,
  );
}

function writeParts(writer: MessageWriter, operation: Operation, protonum: number, tuple: Partial<Tuple>): void {
  writer.u8(CTA_PROTO_NUM, inRange(operation, 'protocol number', protonum, 255));
  for (const { field, attribute, bits } of partsOf(protonum)) {
    const value = tuple[field];
    if (value === undefined) continue;
    inRange(operation, field, value, bits === 8 ? 0xff : 0xffff);
    if (bits === 8) writer.u8(attribute, value);
    else writer.u16(attribute, value);
  }
}

/** Refuses an incomplete tuple. @throws NetlinkError TUPLE_INCOMPLETE if a part that its protocol has is missing */
export function checkTuple(operation: Operation, family: Family, protonum: number, tuple: Tuple): void {
  // JavaScript callers can pass anything.
  const given = (tuple ?? {}) as Partial<Tuple>;
  if (family === undefined) throw incomplete(operation, 'family');
  if (family !== 'ipv4' && family !== 'ipv6')
    throw new NetlinkError('NOT_ENCODABLE', operation, `the family must be 'ipv4' or 'ipv6', got '${String(family)}'`);
  if (!given.src) throw incomplete(operation, 'source address');
  if (!given.dst) throw incomplete(operation, 'destination address');
  if (protonum === undefined) throw incomplete(operation, 'protocol');
  inRange(operation, 'protocol number', protonum, 255);
  const parts = partsOf(protonum);
  const bare = MAY_BE_UNTRACKED.has(protonum) && NUMBERS.every(field => given[field] === undefined);
  if (!bare) for (const { field } of parts) if (given[field] === undefined) throw incomplete(operation, field);
}

/** Writes a complete tuple. @throws NetlinkError TUPLE_INCOMPLETE, so that an incomplete tuple is never sent */
export function writeTuple(
  writer: MessageWriter,
  attribute: number,
  operation: Operation,
  family: Family,
  protonum: number,
  tuple: Tuple,
): void {
  checkTuple(operation, family, protonum, tuple);
  writePartialTuple(writer, attribute, operation, family, protonum, tuple);
}

/** Writes the given parts of a tuple. Only for kernel filters and masks. */
export function writePartialTuple(
  writer: MessageWriter,
  attribute: number,
  operation: Operation,
  family: Family,
  protonum: number | undefined,
  tuple: Partial<Tuple>,
): void {
  const { src, dst, zone } = tuple;
  const whole = writer.open(attribute);
  if (src !== undefined || dst !== undefined) {
    const ip = writer.open(CTA_TUPLE_IP);
    if (src !== undefined) writeAddress(writer, operation, family, SRC, src);
    if (dst !== undefined) writeAddress(writer, operation, family, DST, dst);
    writer.close(ip);
  }
  if (protonum !== undefined) {
    const proto = writer.open(CTA_TUPLE_PROTO);
    writeParts(writer, operation, protonum, tuple);
    writer.close(proto);
  }
  if (zone !== undefined) writer.u16(CTA_TUPLE_ZONE, inRange(operation, 'zone', zone, 0xffff));
  writer.close(whole);
}
