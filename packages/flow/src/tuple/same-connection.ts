import { parseAddress } from '../address/address.js';
import type { FlowRef } from '../change/change.js';
import { type Direction, type End, type FlowCursor, REPLY } from '../cursor/cursor.js';
import type { Tuple } from '../flow/flow.js';

function hasAddress(cursor: FlowCursor, end: End, text: string): boolean {
  const words = parseAddress(text)?.words;
  return words?.every((word, i) => cursor.word(end, i as 0 | 1 | 2 | 3) === word) ?? false;
}

// The kernel stores an absent part as 0, for example the ports of a protocol without a tracker.
const hasNumber = (read: number, wanted: number | undefined): boolean => Math.max(0, read) === (wanted ?? 0);

function hasTuple(cursor: FlowCursor, direction: Direction, tuple: Tuple): boolean {
  const src = (direction * 2) as End;
  const dst = (direction * 2 + 1) as End;
  return (
    hasNumber(cursor.port(src), tuple.sport) &&
    hasNumber(cursor.port(dst), tuple.dport) &&
    hasNumber(cursor.icmpType(direction), tuple.type) &&
    hasNumber(cursor.icmpCode(direction), tuple.code) &&
    hasNumber(cursor.icmpId(direction), tuple.id) &&
    hasNumber(cursor.greKey(src), tuple.srckey) &&
    hasNumber(cursor.greKey(dst), tuple.dstkey) &&
    hasAddress(cursor, src, tuple.src) &&
    hasAddress(cursor, dst, tuple.dst)
  );
}

/** The zone of the reply direction of the referenced connection. */
const replyZoneOf = ({ reply, replyZone, zone }: FlowRef): number => reply?.zone ?? replyZone ?? zone ?? 0;

/**
 * Whether a flow that was found by a reference's tuple is the referenced connection, and not a successor. Compares the id, and the reply
 * tuple with its zone; each of them only if the reference has it.
 */
export function sameConnection(cursor: FlowCursor, ref: FlowRef): boolean {
  if (ref.id !== undefined && ref.id !== cursor.id()) return false;
  if (ref.reply === undefined) return true;
  const zone = cursor.directionZone(REPLY) || cursor.zone();
  return zone === replyZoneOf(ref) && hasTuple(cursor, REPLY, ref.reply);
}
