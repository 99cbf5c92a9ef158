import type { ProtoInfo } from '@conntrack/flow';
import { tcpInfoOf } from '@conntrack/flow/codec';
import { DCCP, SCTP, TCP } from '../wire/attributes.js';
import { type FieldReader, fieldsReader, sizesOf } from '../wire/fields.js';
import * as U from '../wire/uapi.js';
import { attributeType, locateAttributes, payloadEnd } from '../wire/walk.js';
import type { EntryReader } from './reader.js';

const TRACKERS: Readonly<Record<number, FieldReader>> = {
  [U.CTA_PROTOINFO_TCP]: fieldsReader(TCP),
  [U.CTA_PROTOINFO_SCTP]: fieldsReader(SCTP),
  [U.CTA_PROTOINFO_DCCP]: fieldsReader(DCCP),
};
const TCP_SIZES = sizesOf(TCP);
const tcpPlaces = new Int32Array(TCP_SIZES.length);

/** Returns the offset of the payload of the nest in CTA_PROTOINFO (the protocol's tracker); 0 if there is none. */
function trackerOf(entry: EntryReader): number {
  const at = entry.locate(U.CTA_PROTOINFO);
  return entry.stopOf(U.CTA_PROTOINFO) - at < 4 ? 0 : at + 4;
}

/** Returns window scales and flags of both directions as the four bytes of one signed number; −1 if one is missing. */
export function tcpBytesOf(entry: EntryReader): number {
  const tracker = trackerOf(entry);
  const { buffer, view } = entry;
  if (tracker === 0 || attributeType(view, tracker - 4) !== U.CTA_PROTOINFO_TCP) return -1;
  tcpPlaces.fill(0);
  const end = Math.min(payloadEnd(view, tracker), entry.stopOf(U.CTA_PROTOINFO));
  locateAttributes(view, tracker, end, TCP_SIZES, tcpPlaces, 0);
  let bytes = 0;
  for (let type = U.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL; type <= U.CTA_PROTOINFO_TCP_FLAGS_REPLY; type++) {
    const place = tcpPlaces[type]!;
    if (place === 0) return -1;
    bytes = (bytes << 8) | buffer[place]!;
  }
  return bytes;
}

/** Returns what the protocol's tracker stores beside the state. */
export function protoInfoOf(entry: EntryReader): ProtoInfo | undefined {
  const tcp = tcpBytesOf(entry);
  if (tcp !== -1) return tcpInfoOf(tcp);
  const start = trackerOf(entry);
  if (start === 0) return undefined;
  const { buffer: bytes, view } = entry;
  const end = Math.min(payloadEnd(view, start), entry.stopOf(U.CTA_PROTOINFO));
  const info: ProtoInfo = {};
  TRACKERS[attributeType(view, start - 4)]?.({ bytes, view, start, end }, info);
  return Object.keys(info).length > 0 ? info : undefined;
}
