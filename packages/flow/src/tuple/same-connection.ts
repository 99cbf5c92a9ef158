import { parseAddress } from '../address/address.js';
import type { FlowRef } from '../change/change.js';
import { type Direction, type End, type FlowCursor, REPLY } from '../cursor/cursor.js';
import type { Tuple } from '../flow/flow.js';

function hasAddress(cursor: FlowCursor, end: End, text: string): boolean {
  const words = parseAddress(text)?.words;
  return words?.every((word, i) => cursor.word(end, i as 0 | 1 | 2 | 3) === word) ?? false;
}

// To the kernel an absent part is 0: that of a protocol without a tracker, say.
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

/** The zone that holds in the reply direction of the connection that a reference means. */
const replyZoneOf = ({ reply, replyZone, zone }: FlowRef): number => reply?.zone ?? replyZone ?? zone ?? 0;

/**
 * Whether the flow that was found by a reference's tuple is the connection that the reference means, and not a successor: compares the id and
 * the reply tuple with its zone, each where the reference has it.
 */
export function sameConnection(cursor: FlowCursor, ref: FlowRef): boolean {
  if (ref.id !== undefined && ref.id !== cursor.id()) return false;
  if (ref.reply === undefined) return true;
  const zone = cursor.directionZone(REPLY) || cursor.zone();
  return zone === replyZoneOf(ref) && hasTuple(cursor, REPLY, ref.reply);
}
