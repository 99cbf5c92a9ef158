import type { Directions } from '@conntrack/flow';
import { LITTLE } from '@conntrack/netlink/raw';

const swap = (value: number): number =>
  LITTLE ? (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0 : value;

/**
 * SCTP's verification tags as conntrack(8) reads them: it takes the kernel's bytes for a number of the machine, though they are in network order.
 * `formatSave` of @conntrack/parser writes them in this way too.
 */
export const swapVtag = ({ original, reply }: Directions<number>): Directions<number> => ({
  ...(original !== undefined && { original: swap(original) }),
  ...(reply !== undefined && { reply: swap(reply) }),
});
