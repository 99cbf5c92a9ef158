import { IP, PROTO } from '../wire/attributes.js';
import { sizesOf } from '../wire/fields.js';
import * as U from '../wire/uapi.js';
import { afterAttribute, attributeSize, attributeType, locateAttributes } from '../wire/walk.js';

// The places of the attributes of one direction's tuple: offsets of payloads (0: absent). The attributes of each nest follow each other, by
// their numbers.
const IP_SIZES = sizesOf(IP);
const PROTO_SIZES = sizesOf(PROTO);
const IN_IP = U.CTA_TUPLE_ZONE + 1;
const IN_PROTO = IN_IP + IP_SIZES.length;

export const ZONE = U.CTA_TUPLE_ZONE;
export const V4_SRC = IN_IP + U.CTA_IP_V4_SRC;
export const V6_SRC = IN_IP + U.CTA_IP_V6_SRC;
export const PROTOCOL = IN_PROTO + U.CTA_PROTO_NUM;
export const SPORT = IN_PROTO + U.CTA_PROTO_SRC_PORT;
export const ICMP_ID = IN_PROTO + U.CTA_PROTO_ICMP_ID;
export const ICMP_TYPE = IN_PROTO + U.CTA_PROTO_ICMP_TYPE;
export const ICMP_CODE = IN_PROTO + U.CTA_PROTO_ICMP_CODE;
/** The difference between the number of an ICMP attribute and that of ICMPv6. */
export const ICMPV6 = U.CTA_PROTO_ICMPV6_ID - U.CTA_PROTO_ICMP_ID;
/** Index of the place that says whether the others are filled. */
export const FILLED = IN_PROTO + PROTO_SIZES.length;
export const PLACES = FILLED + 1;

/** Locates the parts of the tuple between two offsets. Writes them into `places` from `base` on, which must be 0. @throws NetlinkError MALFORMED */
export function placeTuple(view: DataView, from: number, to: number, places: Int32Array, base: number): void {
  for (let at = from; to - at >= 4; ) {
    const size = attributeSize(view, at, to);
    const type = attributeType(view, at);
    if (type === U.CTA_TUPLE_IP) locateAttributes(view, at + 4, at + size, IP_SIZES, places, base + IN_IP);
    else if (type === U.CTA_TUPLE_PROTO)
      locateAttributes(view, at + 4, at + size, PROTO_SIZES, places, base + IN_PROTO);
    else if (type === ZONE && size >= 6) places[base + ZONE] = at + 4;
    at = afterAttribute(at, size);
  }
}
