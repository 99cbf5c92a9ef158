import { stateNumber } from '@conntrack/flow';
import {
  AF_INET,
  DESTINATION_NAT,
  isTranslated,
  ORIGINAL,
  ORIGINAL_SRC,
  REPLY,
  REPLY_SRC,
  SOURCE_NAT,
} from '@conntrack/flow/codec';
import { type RecordCursor, ROW_KINDS } from '../../record.js';
import { END_REASON } from './elements.js';

/**
 * What a record contains, as bits. Each shape has a template of its own, because IPFIX has no absent values: a flow without counters is
 * sent by a template without counters, never with counters of 0.
 */
export const SHAPE = {
  /** Addresses are IPv6. */
  ipv6: 1 << 0,
  /** A NAT session event (RFC 8158). Otherwise the end of a flow. */
  natEvent: 1 << 1,
  ports: 1 << 2,
  icmp: 1 << 3,
  /** Counters of the original direction. */
  counters: 1 << 4,
  /** Counters of the reply direction. */
  reverseCounters: 1 << 5,
  start: 1 << 6,
  end: 1 << 7,
  endReason: 1 << 8,
  /** Addresses after NAT. */
  translated: 1 << 9,
  /** Where a NAT session was opened. */
  realm: 1 << 10,
  zone: 1 << 11,
  replyZone: 1 << 12,
  mark: 1 << 13,
  id: 1 << 14,
} as const;

const END = ROW_KINDS.indexOf('end');
const REALM_PRIVATE = 1;
const REALM_PUBLIC = 2;

/** Which ends of a flow are translated: 1 the source, 2 the destination, 3 both, 0 none. */
const translation = (row: RecordCursor): number =>
  Number(isTranslated(row, SOURCE_NAT)) | (Number(isTranslated(row, DESTINATION_NAT)) << 1);

/** Whether NAT changed the flow. */
export const isTranslatedFlow = (row: RecordCursor): boolean => translation(row) !== 0;

/**
 * The realm that opened a NAT session: the private one if only the source is translated, the public one if only the destination is. If both
 * are (a connection that returns into the network it came from), the tuples do not say it: −1.
 */
export function originatingRealm(row: RecordCursor): number {
  const translated = translation(row);
  return translated === 1 ? REALM_PRIVATE : translated === 2 ? REALM_PUBLIC : -1;
}

const ended = new Map(
  [
    [6, ['TIME_WAIT', 'CLOSE']],
    [33, ['TIME_WAIT']],
    [132, ['CLOSED']],
  ].map(([protonum, states]) => [
    protonum as number,
    (states as string[]).map(state => stateNumber(protonum as number, state)),
  ]),
);

/**
 * Returns why a flow ended, as flowEndReason: the connection was closed, a program deleted the entry, or it expired. −1 if the event does
 * not say it (Linux before 5.11 sends no state and no timeout with an end).
 */
export function endReason(row: RecordCursor): number {
  const state = row.state();
  if (ended.get(row.protonum())?.includes(state)) return END_REASON.detected;
  if (row.portid() > 0 || row.timeout() > 0) return END_REASON.forced;
  // An expired entry has no time left, which the kernel leaves out.
  return row.timeout() === 0 || state >= 0 ? END_REASON.idle : -1;
}

/** The zone in which the original direction is tracked; 0 if there is none. */
export const originalZone = (row: RecordCursor): number => row.zone() || row.directionZone(ORIGINAL);

/** The parts that both kinds of records can have. */
function commonShape(row: RecordCursor): number {
  let shape = 0;
  if (row.family() !== AF_INET) shape |= SHAPE.ipv6;
  if (row.port(ORIGINAL_SRC) >= 0) shape |= SHAPE.ports;
  if (row.icmpType(ORIGINAL) >= 0) shape |= SHAPE.icmp;
  if (originalZone(row) !== 0) shape |= SHAPE.zone;
  if (row.directionZone(REPLY) !== 0) shape |= SHAPE.replyZone;
  if (row.id() >= 0) shape |= SHAPE.id;
  if (row.kind() === END) shape |= row.start() >= 0 ? SHAPE.end | SHAPE.start : SHAPE.end;
  else shape |= SHAPE.start;
  return shape;
}

/** Returns the shape of the record of an ended flow. */
export function flowShape(row: RecordCursor): number {
  let shape = commonShape(row);
  if (row.bytes(ORIGINAL) >= 0 && row.packets(ORIGINAL) >= 0) shape |= SHAPE.counters;
  if (row.bytes(REPLY) >= 0 && row.packets(REPLY) >= 0) shape |= SHAPE.reverseCounters;
  if (row.mark() >= 0) shape |= SHAPE.mark;
  if (endReason(row) >= 0) shape |= SHAPE.endReason;
  if (row.word(REPLY_SRC, 3) >= 0 && isTranslatedFlow(row)) shape |= SHAPE.translated;
  return shape;
}

/** Returns the shape of a NAT session event. */
export function natShape(row: RecordCursor): number {
  const shape = commonShape(row) | SHAPE.natEvent | SHAPE.translated;
  return originatingRealm(row) >= 0 ? shape | SHAPE.realm : shape;
}
