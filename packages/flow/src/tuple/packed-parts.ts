import type { Direction, End, FlowCursor } from '../cursor/cursor.js';
import { protocolOf } from '../protocol/protocol.js';

const known = (value: number): number => Math.max(0, value);

/**
 * Packs what the protocol adds to a tuple (ports; ICMP type, code and id; GRE keys) into an unsigned number of 32 bits, as flow keys have
 * it. What the cursor does not know counts as 0.
 */
export function packedParts(cursor: FlowCursor, direction: Direction, protonum: number): number {
  const src = (direction * 2) as End;
  const dst = (direction * 2 + 1) as End;
  switch (protocolOf(protonum).kind) {
    case 'ports':
      return ((known(cursor.port(src)) << 16) | known(cursor.port(dst))) >>> 0;
    case 'icmp':
      return (
        ((known(cursor.icmpType(direction)) << 24) |
          (known(cursor.icmpCode(direction)) << 16) |
          known(cursor.icmpId(direction))) >>>
        0
      );
    case 'keys':
      return ((known(cursor.greKey(src)) << 16) | known(cursor.greKey(dst))) >>> 0;
    default:
      return 0;
  }
}
