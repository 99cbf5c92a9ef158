import type { Directions } from '@conntrack/flow';
import { LITTLE } from '@conntrack/netlink/raw';

const swap = (value: number): number =>
  LITTLE ? (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0 : value;

/**
 * Converts SCTP verification tags like conntrack(8), which reads the kernel's bytes in host order although they are in
 * network order. `formatSave` of @conntrack/parser does the same.
 */
export const swapVtag = ({ original, reply }: Directions<number>): Directions<number> => ({
  ...(original !== undefined && { original: swap(original) }),
  ...(reply !== undefined && { reply: swap(reply) }),
});
