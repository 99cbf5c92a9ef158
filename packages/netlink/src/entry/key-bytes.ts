import { protocolOf } from '@conntrack/flow';
import { AF_INET, AF_INET6, ORIGINAL, REPLY } from '@conntrack/flow/codec';
import type { Layout } from './layout.js';
import type { EntryReader } from './reader.js';

/** The bytes of the key that is being made. */
export const keyBytes = new Uint8Array(48);
const keyView = new DataView(keyBytes.buffer);

function putWord(at: number, word: number): number {
  keyBytes[at] = word >>> 24;
  keyBytes[at + 1] = word >>> 16;
  keyBytes[at + 2] = word >>> 8;
  keyBytes[at + 3] = word;
  return at + 4;
}

const half = (value: number): number => Math.max(0, value);

/** Writes the bytes of an entry's key, as `encodeKeyBytes` of @conntrack/flow needs them, into {@link keyBytes}; returns their number. */
export function writeKeyBytes(entry: EntryReader, id: number): number {
  const originalZone = entry.directionZone(ORIGINAL);
  const replyZone = entry.directionZone(REPLY);
  const zone = originalZone || replyZone || entry.zone();
  const family = entry.family();
  const protonum = Math.max(0, entry.protonum());
  keyBytes[0] = originalZone ? 2 : replyZone ? 3 : 1;
  keyBytes[1] = zone >>> 8;
  keyBytes[2] = zone;
  keyBytes[3] = family;
  keyBytes[4] = protonum;
  let at = 5;
  for (const end of [0, 1] as const)
    for (let index = family === AF_INET ? 3 : 0; index < 4; index++)
      at = putWord(at, entry.word(end, index as 0 | 1 | 2 | 3));
  const { kind } = protocolOf(protonum);
  if (kind === 'ports') at = putWord(at, (half(entry.port(0)) << 16) | half(entry.port(1)));
  else if (kind === 'keys') at = putWord(at, (half(entry.greKey(0)) << 16) | half(entry.greKey(1)));
  else if (kind === 'icmp')
    at = putWord(at, (half(entry.icmpType(0)) << 24) | (half(entry.icmpCode(0)) << 16) | half(entry.icmpId(0)));
  else at = putWord(at, 0);
  return putWord(at, id);
}

/** Writes the bytes of the key of an entry with a usual layout and an id. */
export function writeUsualKeyBytes(view: DataView, layout: Layout): number {
  const { v4, protonum, originalIp, originalProto } = layout;
  keyBytes[0] = 1;
  keyView.setInt16(1, layout.zone === 0 ? 0 : view.getInt16(layout.zone));
  keyBytes[3] = v4 ? AF_INET : AF_INET6;
  keyBytes[4] = protonum;
  let at = 5;
  const source = originalIp + 8;
  const destination = v4 ? source + 8 : source + 20;
  for (let i = 0; i < (v4 ? 4 : 16); i += 4, at += 4) keyView.setInt32(at, view.getInt32(source + i));
  for (let i = 0; i < (v4 ? 4 : 16); i += 4, at += 4) keyView.setInt32(at, view.getInt32(destination + i));
  if (layout.ports) {
    keyView.setInt16(at, view.getInt16(originalProto + 12));
    keyView.setInt16(at + 2, view.getInt16(originalProto + 20));
  } else {
    keyView.setInt8(at, view.getInt8(originalProto + 20));
    keyView.setInt8(at + 1, view.getInt8(originalProto + 28));
    keyView.setInt16(at + 2, view.getInt16(originalProto + 12));
  }
  keyView.setInt32(at + 4, view.getInt32(layout.id));
  return at + 8;
}
