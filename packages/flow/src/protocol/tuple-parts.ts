import { TUPLE_FIELDS, type TupleKind } from './protocol.js';

/** The name of a part of a tuple beside its addresses. */
export type TuplePart = (typeof TUPLE_FIELDS)[TupleKind][number];

/** Every part that some protocol has, in the order of a line. */
export const TUPLE_PARTS: readonly TuplePart[] = /* @__PURE__ */ Object.values(TUPLE_FIELDS).flat();

/** The size of each part in bits: its largest value is `2 ** bits - 1`. */
export const PART_BITS: Readonly<Record<TuplePart, 8 | 16>> = {
  sport: 16,
  dport: 16,
  type: 8,
  code: 8,
  id: 16,
  srckey: 16,
  dstkey: 16,
};

/** For each part the one that has its value in the tuple of the answering packet. ICMP's type is answered by another type. */
export const ANSWERING_PART: Readonly<Record<TuplePart, TuplePart>> = {
  sport: 'dport',
  dport: 'sport',
  type: 'type',
  code: 'code',
  id: 'id',
  srckey: 'dstkey',
  dstkey: 'srckey',
};
