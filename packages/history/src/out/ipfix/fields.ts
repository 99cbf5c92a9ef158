import type { End } from '@conntrack/flow';
import { AF_INET, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import { type RecordCursor, ROW_KINDS } from '../../record.js';
import { ELEMENTS, type Element, NAT_EVENT } from './elements.js';
import { endReason, originalZone, originatingRealm, SHAPE } from './shape.js';

/** One field of a template: an element, and how a row's value is written. */
export interface Field {
  readonly element: Element;
  readonly write: (row: RecordCursor, view: DataView, at: number) => void;
}

/** A field, and the shapes that have it: those with all bits of `has` and none of `lacks`. */
interface Rule extends Field {
  readonly has: number;
  readonly lacks: number;
}

/** Writes a whole number up to 2^53 − 1 as 64 bits. */
export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

const u8 =
  (read: (row: RecordCursor) => number): Field['write'] =>
  (row, view, at) =>
    view.setUint8(at, read(row));
const u16 =
  (read: (row: RecordCursor) => number): Field['write'] =>
  (row, view, at) =>
    view.setUint16(at, read(row));
const u32 =
  (read: (row: RecordCursor) => number): Field['write'] =>
  (row, view, at) =>
    view.setUint32(at, read(row));
const u64 =
  (read: (row: RecordCursor) => number): Field['write'] =>
  (row, view, at) =>
    setUint64(view, at, read(row));
const milliseconds = (read: (row: RecordCursor) => number) => u64(row => Math.floor(read(row)));
const port = (end: End) => u16(row => row.port(end));
const ipv4 = (end: End) => u32(row => row.word(end, 3));
const ipv6 =
  (end: End): Field['write'] =>
  (row, view, at) => {
    view.setUint32(at, row.word(end, 0));
    view.setUint32(at + 4, row.word(end, 1));
    view.setUint32(at + 8, row.word(end, 2));
    view.setUint32(at + 12, row.word(end, 3));
  };

const END = ROW_KINDS.indexOf('end');

/** The natEvent of a row: an end deletes the session, the beginning of a flow creates it. */
function natEvent(row: RecordCursor): number {
  const ends = row.kind() === END;
  if (row.family() === AF_INET) return ends ? NAT_EVENT.nat44Delete : NAT_EVENT.nat44Create;
  return ends ? NAT_EVENT.delete : NAT_EVENT.create;
}

const icmpTypeCode = (row: RecordCursor): number => row.icmpType(ORIGINAL) * 256 + row.icmpCode(ORIGINAL);

/** When the flow of a row began. The beginning of a flow is the time of its row. */
const startTime = (row: RecordCursor): number => (row.kind() === END ? row.start() : row.time());

const rule = (element: Element, write: Field['write'], has: number, lacks = 0): Rule => ({
  element,
  write,
  has,
  lacks,
});

/** Rules for an address: IPv4 and IPv6. */
const address = (v4: Element, v6: Element, end: End, has = 0): Rule[] => [
  rule(v4, ipv4(end), has, SHAPE.ipv6),
  rule(v6, ipv6(end), has | SHAPE.ipv6),
];

const { ipv6: IPV6, natEvent: NAT, ports: PORTS, icmp: ICMP, translated: TRANSLATED } = SHAPE;

/** Every field, in the order of templates. */
const RULES: readonly Rule[] = [
  rule(
    ELEMENTS.observationTimeMilliseconds,
    milliseconds(row => row.time()),
    NAT,
  ),
  // The time of a NAT event is its observation time (RFC 8158). Collectors that search by time look at the times of flows.
  rule(ELEMENTS.flowStartMilliseconds, milliseconds(startTime), SHAPE.start),
  rule(
    ELEMENTS.flowEndMilliseconds,
    milliseconds(row => row.time()),
    SHAPE.end,
  ),
  ...address(ELEMENTS.sourceIPv4Address, ELEMENTS.sourceIPv6Address, ORIGINAL_SRC),
  ...address(ELEMENTS.destinationIPv4Address, ELEMENTS.destinationIPv6Address, ORIGINAL_DST),
  rule(ELEMENTS.sourceTransportPort, port(ORIGINAL_SRC), PORTS),
  rule(ELEMENTS.destinationTransportPort, port(ORIGINAL_DST), PORTS),
  // NAT translates the identifier of an ICMP query as it translates a source port (RFC 5508, 3.1), and reports it so.
  rule(
    ELEMENTS.sourceTransportPort,
    u16(row => row.icmpId(ORIGINAL)),
    NAT | ICMP,
  ),
  rule(ELEMENTS.icmpTypeCodeIPv4, u16(icmpTypeCode), ICMP, NAT | IPV6),
  rule(ELEMENTS.icmpTypeCodeIPv6, u16(icmpTypeCode), ICMP | IPV6, NAT),
  rule(
    ELEMENTS.protocolIdentifier,
    u8(row => row.protonum()),
    0,
  ),
  rule(
    ELEMENTS.octetDeltaCount,
    u64(row => row.bytes(ORIGINAL)),
    SHAPE.counters,
  ),
  rule(
    ELEMENTS.packetDeltaCount,
    u64(row => row.packets(ORIGINAL)),
    SHAPE.counters,
  ),
  rule(
    ELEMENTS.reverseOctetDeltaCount,
    u64(row => row.bytes(REPLY)),
    SHAPE.reverseCounters,
  ),
  rule(
    ELEMENTS.reversePacketDeltaCount,
    u64(row => row.packets(REPLY)),
    SHAPE.reverseCounters,
  ),
  // The reply goes to the translated source, and comes from the translated destination.
  ...address(ELEMENTS.postNATSourceIPv4Address, ELEMENTS.postNATSourceIPv6Address, REPLY_DST, TRANSLATED),
  ...address(ELEMENTS.postNATDestinationIPv4Address, ELEMENTS.postNATDestinationIPv6Address, REPLY_SRC, TRANSLATED),
  rule(ELEMENTS.postNAPTSourceTransportPort, port(REPLY_DST), TRANSLATED | PORTS),
  rule(ELEMENTS.postNAPTDestinationTransportPort, port(REPLY_SRC), TRANSLATED | PORTS),
  rule(
    ELEMENTS.postNAPTSourceTransportPort,
    u16(row => row.icmpId(REPLY)),
    NAT | ICMP,
  ),
  rule(ELEMENTS.natEvent, u8(natEvent), NAT),
  rule(ELEMENTS.natOriginatingAddressRealm, u8(originatingRealm), SHAPE.realm),
  rule(ELEMENTS.ingressVRFID, u32(originalZone), SHAPE.zone),
  rule(
    ELEMENTS.egressVRFID,
    u32(row => row.directionZone(REPLY)),
    SHAPE.replyZone,
  ),
  rule(ELEMENTS.flowEndReason, u8(endReason), SHAPE.endReason),
  rule(
    ELEMENTS.flowId,
    u32(row => row.id()),
    SHAPE.id,
  ),
  rule(
    ELEMENTS.mark,
    u32(row => row.mark()),
    SHAPE.mark,
  ),
];

/** Returns the fields of a shape, in their order on the wire. */
export const fieldsOf = (shape: number): readonly Field[] =>
  RULES.filter(({ has, lacks }) => (shape & has) === has && (shape & lacks) === 0);
