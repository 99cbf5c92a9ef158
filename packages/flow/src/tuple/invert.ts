import type { Tuple } from '../flow/flow.js';
import { ICMP_REPLY, ICMPV6_REPLY } from '../protocol/protocol.js';
import { ANSWERING_PART, TUPLE_PARTS } from '../protocol/tuple-parts.js';

/**
 * Returns the tuple of the reply packet of a connection without NAT: source and destination are swapped, and an ICMP request type becomes
 * its answer's type (echo request becomes echo reply).
 *
 * An ICMP type without an answer stays as it is, because the kernel creates no entry for it. A zone of one direction is not copied.
 */
export function invertTuple(tuple: Tuple, protonum: number): Tuple {
  const inverse: Tuple = { src: tuple.dst, dst: tuple.src };
  const replies = protonum === 58 ? ICMPV6_REPLY : ICMP_REPLY;
  for (const part of TUPLE_PARTS) {
    const value = tuple[ANSWERING_PART[part]];
    if (value !== undefined) inverse[part] = part === 'type' ? (replies[value] ?? value) : value;
  }
  return inverse;
}
