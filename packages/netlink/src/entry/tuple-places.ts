import { LITTLE } from '../wire/endianness.js';
import { malformed } from '../wire/error.js';
import * as U from '../wire/uapi.js';

// What is kept of a tuple, as offsets of payloads (0: absent): one block of these for each direction.
export const T_FAMILY_V4 = 0;
export const T_SRC = 1;
export const T_DST = 2;
export const T_NUM = 3;
export const T_SPORT = 4;
export const T_DPORT = 5;
export const T_ID = 6;
export const T_TYPE = 7;
export const T_CODE = 8;
export const T_ZONE = 9;
/** Whether the block is filled. */
export const T_DONE = 10;
export const T_SIZE = 11;

/** Where each attribute of CTA_TUPLE_PROTO is kept. ICMPv6's share the places of ICMP's: an entry has one or the other. */
const PROTO_PLACE = [0, T_NUM, T_SPORT, T_DPORT, T_ID, T_TYPE, T_CODE, T_ID, T_TYPE, T_CODE];

/** Locates the parts of the tuple between two offsets into a block of `places`. @throws NetlinkError MALFORMED */
export function placeTuple(view: DataView, from: number, to: number, places: Int32Array, block: number): void {
  for (let at = from; to - at >= 4; ) {
    const size = view.getUint16(at, LITTLE);
    if (size < 4 || size > to - at) throw malformed(`a tuple's attribute of ${size} bytes`, at);
    const type = view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK;
    const stop = at + size;
    if (type === U.CTA_TUPLE_ZONE) {
      if (size >= 6) places[block + T_ZONE] = at + 4;
    } else if (type === U.CTA_TUPLE_IP || type === U.CTA_TUPLE_PROTO) {
      for (let inner = at + 4; stop - inner >= 4; ) {
        const innerSize = view.getUint16(inner, LITTLE);
        if (innerSize < 4 || innerSize > stop - inner)
          throw malformed(`a tuple's attribute of ${innerSize} bytes`, inner);
        const innerType = view.getUint16(inner + 2, LITTLE) & U.NLA_TYPE_MASK;
        if (type === U.CTA_TUPLE_PROTO) placeProto(innerType, inner + 4, innerSize - 4, places, block);
        else placeAddress(innerType, inner + 4, innerSize - 4, places, block);
        inner += (innerSize + 3) & ~3;
      }
    }
    at += (size + 3) & ~3;
  }
}

function placeProto(type: number, payload: number, size: number, places: Int32Array, block: number): void {
  const place = PROTO_PLACE[type] ?? 0;
  const needed = place === T_NUM || place === T_TYPE || place === T_CODE ? 1 : 2;
  if (place !== 0 && size >= needed) places[block + place] = payload;
}

function placeAddress(type: number, payload: number, size: number, places: Int32Array, block: number): void {
  const v4 = type === U.CTA_IP_V4_SRC || type === U.CTA_IP_V4_DST;
  if (size < (v4 ? 4 : 16) || type < U.CTA_IP_V4_SRC || type > U.CTA_IP_V6_DST) return;
  places[block + (type === U.CTA_IP_V4_SRC || type === U.CTA_IP_V6_SRC ? T_SRC : T_DST)] = payload;
  if (v4) places[block + T_FAMILY_V4] = 1;
}
