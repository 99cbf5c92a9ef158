import { LITTLE } from './endianness.js';
import { malformed } from './error.js';
import { NLA_TYPE_MASK } from './uapi.js';

// nlattr (linux/netlink.h): length with the header, type with two flags, payload, padding to 4 bytes. All code that reads attributes uses
// these functions.

/** Returns the length of the attribute at an offset, with its header. @throws NetlinkError MALFORMED */
export function attributeSize(view: DataView, at: number, to: number): number {
  const size = view.getUint16(at, LITTLE);
  if (size < 4 || size > to - at) throw malformed(`an attribute of ${size} bytes`, at);
  return size;
}

/** Returns the type of the attribute at an offset, without NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
export const attributeType = (view: DataView, at: number): number => view.getUint16(at + 2, LITTLE) & NLA_TYPE_MASK;

/** Returns the offset after an attribute and its padding. The last attribute may be followed by fewer bytes than a header has. */
export const afterAttribute = (at: number, size: number): number => at + ((size + 3) & ~3);

/** Returns the end of the payload that begins at an offset. */
export const payloadEnd = (view: DataView, payload: number): number =>
  payload - 4 + view.getUint16(payload - 4, LITTLE);

/** Calls a function with each attribute (type, start and end of the payload) between two offsets. @throws NetlinkError MALFORMED */
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

/** Returns the offset of the payload of the first attribute of a type, if it has at least `least` bytes; else 0. @throws NetlinkError MALFORMED */
export function findAttribute(view: DataView, from: number, to: number, wanted: number, least: number): number {
  for (let at = from; to - at >= 4; ) {
    const size = attributeSize(view, at, to);
    if (attributeType(view, at) === wanted) return size - 4 >= least ? at + 4 : 0;
    at = afterAttribute(at, size);
  }
  return 0;
}

/**
 * Writes the offset of each attribute's payload into `places`, at `base` plus the attribute's number. `least` has the minimum bytes for
 * each number (see `sizesOf`): shorter attributes, and numbers beyond it, are left out. @throws NetlinkError MALFORMED
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
