import type { Tuple } from '../flow/flow.js';
import { ICMP_REPLY, ICMPV6_REPLY } from '../protocol/protocol.js';

/**
 * The tuple of the answering packet where there is no NAT: ends swapped, ICMP types answered (echo request becomes echo reply).
 * An ICMP type that has no answer stays as it is: the kernel makes no entry for it. A zone of one direction is not carried over.
 */
export function invertTuple(tuple: Tuple, protonum: number): Tuple {
  const inverse: Tuple = { src: tuple.dst, dst: tuple.src };
  if (tuple.dport !== undefined) inverse.sport = tuple.dport;
  if (tuple.sport !== undefined) inverse.dport = tuple.sport;
  if (tuple.type !== undefined) {
    const replies = protonum === 58 ? ICMPV6_REPLY : ICMP_REPLY;
    inverse.type = replies[tuple.type] ?? tuple.type;
  }
  if (tuple.code !== undefined) inverse.code = tuple.code;
  if (tuple.id !== undefined) inverse.id = tuple.id;
  if (tuple.dstkey !== undefined) inverse.srckey = tuple.dstkey;
  if (tuple.srckey !== undefined) inverse.dstkey = tuple.srckey;
  return inverse;
}
