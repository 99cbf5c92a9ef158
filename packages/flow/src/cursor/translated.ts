import { AF_INET } from '../address/family.js';
import { STATUS } from '../status/status.js';
import {
  type End,
  type FlowCursor,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  REPLY,
  REPLY_DST,
  REPLY_SRC,
} from './cursor.js';

/** The end of a tuple that NAT changes, and the end of the reply tuple that shows the new value. */
export interface Translation {
  readonly from: End;
  readonly to: End;
  /** The status bit that the kernel sets if NAT changed the tuple (net/netfilter/nf_nat_core.c). */
  readonly bit: number;
}
/** NAT of the source: the reply goes to another address or port than the original source. */
export const SOURCE_NAT: Translation = { from: ORIGINAL_SRC, to: REPLY_DST, bit: STATUS.SRC_NAT };
/** NAT of the destination: the reply comes from another address or port than the original destination. */
export const DESTINATION_NAT: Translation = { from: ORIGINAL_DST, to: REPLY_SRC, bit: STATUS.DST_NAT };

/**
 * Whether an end is translated: the reply tuple differs (in address, port or ICMP id) and, if the status comes from the kernel, its NAT bit
 * is set.
 *
 * Text formats show no NAT bits, and no CONFIRMED, which every entry of a dump has. For them the tuples alone decide.
 */
export function isTranslated(cursor: FlowCursor, { from, to, bit }: Translation): boolean {
  const status = cursor.status();
  if (status >= 0 && (status & STATUS.CONFIRMED) !== 0 && (status & bit) === 0) return false;
  return (
    cursor.word(from, 3) !== cursor.word(to, 3) ||
    // IPv4 addresses differ only in the last word.
    (cursor.family() !== AF_INET &&
      (cursor.word(from, 2) !== cursor.word(to, 2) ||
        cursor.word(from, 1) !== cursor.word(to, 1) ||
        cursor.word(from, 0) !== cursor.word(to, 0))) ||
    cursor.port(from) !== cursor.port(to) ||
    (from === ORIGINAL_SRC && cursor.icmpId(ORIGINAL) !== cursor.icmpId(REPLY))
  );
}
