import { TUPLE_FIELDS, type TupleKind } from './protocol.js';

/** The name of a tuple part beside the addresses. */
export type TuplePart = (typeof TUPLE_FIELDS)[TupleKind][number];

/** Every tuple part of every protocol, in the order of a line of text. */
export const TUPLE_PARTS: readonly TuplePart[] = /* @__PURE__ */ Object.values(TUPLE_FIELDS).flat();

/** The size of each part in bits: its maximum is `2 ** bits - 1`. */
export const PART_BITS: Readonly<Record<TuplePart, 8 | 16>> = {
  sport: 16,
  dport: 16,
  type: 8,
  code: 8,
  id: 16,
  srckey: 16,
  dstkey: 16,
};

/** For each part, the part of the reply tuple that has the same value. ICMP types are an exception: a reply has another type (see `ICMP_REPLY`). */
export const ANSWERING_PART: Readonly<Record<TuplePart, TuplePart>> = {
  sport: 'dport',
  dport: 'sport',
  type: 'type',
  code: 'code',
  id: 'id',
  srckey: 'dstkey',
  dstkey: 'srckey',
};
