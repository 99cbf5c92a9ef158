import { ORIGINAL, type ProtoInfo, REPLY, TCP_FLAGS, type TcpFlag } from '@conntrack/flow';
import { LITTLE } from '../wire/endianness.js';
import { malformed } from '../wire/error.js';
import * as U from '../wire/uapi.js';
import type { EntryCursor } from './cursor.js';

const FLAG_LISTS: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_, bits) =>
  TCP_FLAGS.filter((_, bit) => (bits >> bit) & 1),
);
/** The flags that are set. */
export const tcpFlags = (bits: number): TcpFlag[] => FLAG_LISTS[bits]!.slice();

/** Where the first byte of each attribute of CTA_PROTOINFO_TCP is; 0: absent. */
const tcpPlaces = new Int32Array(8);

function locateTcp({ view }: EntryCursor, from: number, to: number): void {
  tcpPlaces.fill(0);
  for (let at = from; to - at >= 4; ) {
    const size = view.getUint16(at, LITTLE);
    if (size < 4 || size > to - at) throw malformed(`an attribute of ${size} bytes`, at);
    const type = view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK;
    if (type < 8 && size > 4) tcpPlaces[type] = at + 4;
    at += (size + 3) & ~3;
  }
}

/** Window scales and flags of both directions as the four bytes of one signed number; −1 when one is missing. */
export function tcpBytesOf(entry: EntryCursor): number {
  const at = entry.locate(U.CTA_PROTOINFO);
  const end = entry.stopOf(U.CTA_PROTOINFO);
  const { buffer, view } = entry;
  if (end - at < 4 || (view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK) !== U.CTA_PROTOINFO_TCP) return -1;
  locateTcp(entry, at + 4, Math.min(at + view.getUint16(at, LITTLE), end));
  let bytes = 0;
  for (let type = U.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL; type <= U.CTA_PROTOINFO_TCP_FLAGS_REPLY; type++) {
    const place = tcpPlaces[type]!;
    if (place === 0) return -1;
    bytes = (bytes << 8) | buffer[place]!;
  }
  return bytes;
}

function readTcp(entry: EntryCursor, from: number, to: number): ProtoInfo | undefined {
  const { buffer } = entry;
  locateTcp(entry, from, to);
  const scaleOriginal = tcpPlaces[U.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL]!;
  const scaleReply = tcpPlaces[U.CTA_PROTOINFO_TCP_WSCALE_REPLY]!;
  const flagsOriginal = tcpPlaces[U.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL]!;
  const flagsReply = tcpPlaces[U.CTA_PROTOINFO_TCP_FLAGS_REPLY]!;
  if (scaleOriginal !== 0 && scaleReply !== 0 && flagsOriginal !== 0 && flagsReply !== 0)
    return {
      wscale: { original: buffer[scaleOriginal]!, reply: buffer[scaleReply]! },
      flags: { original: tcpFlags(buffer[flagsOriginal]!), reply: tcpFlags(buffer[flagsReply]!) },
    };
  const info: ProtoInfo = {};
  if (scaleOriginal !== 0) info.wscale = { original: buffer[scaleOriginal]! };
  if (scaleReply !== 0) info.wscale = { ...info.wscale, reply: buffer[scaleReply]! };
  if (flagsOriginal !== 0) info.flags = { original: tcpFlags(buffer[flagsOriginal]!) };
  if (flagsReply !== 0) info.flags = { ...info.flags, reply: tcpFlags(buffer[flagsReply]!) };
  return info.wscale || info.flags ? info : undefined;
}

/** What the protocol's tracker says beyond the state. */
export function protoInfoOf(entry: EntryCursor): ProtoInfo | undefined {
  const at = entry.locate(U.CTA_PROTOINFO);
  if (entry.stopOf(U.CTA_PROTOINFO) - at < 4) return undefined;
  const { view } = entry;
  const nest = view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK;
  const stop = Math.min(at + view.getUint16(at, LITTLE), entry.stopOf(U.CTA_PROTOINFO));
  if (nest === U.CTA_PROTOINFO_TCP) return readTcp(entry, at + 4, stop);
  const info: ProtoInfo = {};
  if (nest === U.CTA_PROTOINFO_SCTP) {
    const original = entry.vtag(ORIGINAL);
    const reply = entry.vtag(REPLY);
    if (original >= 0) info.vtag = { original };
    if (reply >= 0) info.vtag = { ...info.vtag, reply };
  } else if (nest === U.CTA_PROTOINFO_DCCP) {
    const role = entry.role();
    if (role >= 0) info.role = role === 1 ? 'server' : 'client';
    const sequence = entry.within(at + 4, stop, U.CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, 8);
    if (sequence !== 0) info.handshakeSeq = view.getUint32(sequence) * 4294967296 + view.getUint32(sequence + 4);
  }
  return Object.keys(info).length > 0 ? info : undefined;
}
