import { LITTLE } from './endianness.js';
import { malformed } from './error.js';
import { NLA_TYPE_MASK } from './uapi.js';

// nlattr (linux/netlink.h): length with the header, type with two flags, payload, padding to whole words. Whatever reads attributes steps by these.

/** The length of the attribute at an offset, its header included. @throws NetlinkError MALFORMED */
export function attributeSize(view: DataView, at: number, to: number): number {
  const size = view.getUint16(at, LITTLE);
  if (size < 4 || size > to - at) throw malformed(`an attribute of ${size} bytes`, at);
  return size;
}

/** The type of the attribute at an offset, without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
export const attributeType = (view: DataView, at: number): number => view.getUint16(at + 2, LITTLE) & NLA_TYPE_MASK;

/** The offset behind an attribute and its padding. Less than a header's worth of bytes may follow the last one. */
export const afterAttribute = (at: number, size: number): number => at + ((size + 3) & ~3);

/** Where the payload that begins at an offset ends. */
export const payloadEnd = (view: DataView, payload: number): number =>
  payload - 4 + view.getUint16(payload - 4, LITTLE);

/** Calls back with each attribute (type, payload's start and end) between two offsets. @throws NetlinkError MALFORMED */
export function eachAttribute(
  view: DataView,
  from: number,
  to: number,
  visit: (type: number, start: number, end: number) => void,
): void {
  for (let at = from; to - at >= 4; ) {
    const size = attributeSize(view, at, to);
    visit(attributeType(view, at), at + 4, at + size);
    at = afterAttribute(at, size);
  }
}

/** Where the payload of the first attribute of a type begins, if it has at least `least` bytes; 0 otherwise. @throws NetlinkError MALFORMED */
export function findAttribute(view: DataView, from: number, to: number, wanted: number, least: number): number {
  for (let at = from; to - at >= 4; ) {
    const size = attributeSize(view, at, to);
    if (attributeType(view, at) === wanted) return size - 4 >= least ? at + 4 : 0;
    at = afterAttribute(at, size);
  }
  return 0;
}

/**
 * Puts the offset of each attribute's payload at its number in `places`, counted from `base`. `least` has the bytes that each number needs
 * (see `sizesOf`): shorter ones, and numbers beyond it, are left out. @throws NetlinkError MALFORMED
 */
export function locateAttributes(
  view: DataView,
  from: number,
  to: number,
  least: Uint16Array,
  places: Int32Array,
  base: number,
): void {
  for (let at = from; to - at >= 4; ) {
    const size = attributeSize(view, at, to);
    const type = attributeType(view, at);
    if (type < least.length && size - 4 >= least[type]!) places[base + type] = at + 4;
    at = afterAttribute(at, size);
  }
}
