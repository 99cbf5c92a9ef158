import type { Directions, Flow } from '@conntrack/flow';
import { LITTLE } from './endianness.js';

const swap = (value: number): number =>
  LITTLE ? (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0 : value;

/**
 * SCTP's verification tags as conntrack(8) reads and writes them: it takes the kernel's bytes for a number of the machine, though they are in
 * network order. What it has saved must load here, and the other way round.
 */
export const swapVtag = ({ original, reply }: Directions<number>): Directions<number> => ({
  ...(original !== undefined && { original: swap(original) }),
  ...(reply !== undefined && { reply: swap(reply) }),
});

/** The same flow with its verification tags as conntrack(8) shows them. */
export function withShownVtag(flow: Flow): Flow {
  const vtag = flow.protoinfo?.vtag;
  return vtag === undefined ? flow : { ...flow, protoinfo: { ...flow.protoinfo, vtag: swapVtag(vtag) } };
}
