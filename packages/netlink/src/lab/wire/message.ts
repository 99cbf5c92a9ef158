import { NLM_F_REQUEST } from '../../wire/uapi.js';
import { type Attribute, concat, encodeAttributes, u16, u32 } from './attributes.js';

/** The sequence number of every message of the lab: a socket serves one request and its answer. */
export const SEQUENCE = 1;

/** A request and what it is for, in words that an error can name. */
export interface Step {
  name: string;
  message: Uint8Array;
  /** Begins or ends a batch: kernels before 6.10 never acknowledge it. */
  edge?: true;
}

/**
 * nlmsghdr (linux/netlink.h), the family's own header, and attributes.
 * `flags` beside NLM_F_REQUEST; the acknowledgement is asked for by {@link transact}.
 */
export function encodeMessage(
  type: number,
  flags: number,
  header: Uint8Array,
  attributes: readonly Attribute[] = [],
): Uint8Array {
  const body = concat([header, encodeAttributes(attributes)]);
  return concat([u32(body.length + 16), u16(type), u16(flags | NLM_F_REQUEST), u32(SEQUENCE), u32(0), body]);
}
