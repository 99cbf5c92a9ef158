import type { Direction, End, FlowCursor } from '../cursor/cursor.js';
import type { FlowTuple } from '../flow/flow.js';

/**
 * Makes the tuple of one direction, without counters, of the flow that a cursor stands on.
 *
 * @param address returns an address as text; `''` if the flow has none
 */
export function readTuple(cursor: FlowCursor, direction: Direction, address: (end: End) => string): FlowTuple {
  const source = (direction * 2) as End;
  const destination = (direction * 2 + 1) as End;
  const src = address(source);
  const dst = address(destination);
  const sport = cursor.port(source);
  // Nearly all flows have ports. One literal is several times faster than adding property after property.
  const tuple: FlowTuple = sport >= 0 ? { src, dst, sport, dport: cursor.port(destination) } : { src, dst };
  if (sport < 0) {
    const type = cursor.icmpType(direction);
    if (type >= 0) {
      tuple.type = type;
      tuple.code = Math.max(0, cursor.icmpCode(direction));
      tuple.id = Math.max(0, cursor.icmpId(direction));
    }
    const key = cursor.greKey(source);
    if (key >= 0) {
      tuple.srckey = key;
      tuple.dstkey = cursor.greKey(destination);
    }
  }
  const zone = cursor.directionZone(direction);
  if (zone > 0) tuple.zone = zone;
  return tuple;
}

/** {@link readTuple} with the counters of the direction. */
export function readCountedTuple(cursor: FlowCursor, direction: Direction, address: (end: End) => string): FlowTuple {
  const tuple = readTuple(cursor, direction, address);
  const packets = cursor.packets(direction);
  if (packets >= 0) tuple.packets = packets;
  const bytes = cursor.bytes(direction);
  if (bytes >= 0) tuple.bytes = bytes;
  return tuple;
}
