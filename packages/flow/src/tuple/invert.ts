import type { Tuple } from '../flow/flow.js';
import { ICMP_REPLY, ICMPV6_REPLY } from '../protocol/protocol.js';
import { ANSWERING_PART, TUPLE_PARTS } from '../protocol/tuple-parts.js';

/**
 * The tuple of the answering packet where there is no NAT: ends swapped, ICMP types answered (echo request becomes echo reply).
 * An ICMP type that has no answer stays as it is: the kernel makes no entry for it. A zone of one direction is not carried over.
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
