import { type PackedEntry, packCursor, packIdentity } from '@conntrack/flow/codec';
import { CTA_TIMESTAMP, CTA_TIMESTAMP_START } from '../wire/uapi.js';
import { hasIdleSynproxy, hasRareFields } from './flow.js';
import { Layout } from './layout.js';
import { tcpBytesOf } from './protoinfo.js';
import { type EntryReader, EVENT_DESTROY } from './reader.js';

const layout = new Layout();

/** Writes an entry as numbers. Of an event that reports an end, only the identity is written. */
export function packEntry(entry: EntryReader, into: PackedEntry): void {
  const isEnd = entry.event() === EVENT_DESTROY;
  if (layout.find(entry) && layout.id !== 0) {
    packUsualIdentity(entry.view, into);
    if (!isEnd) packUsualValues(entry, into);
  } else if (isEnd) packIdentity(entry, into);
  else {
    packCursor(entry, into);
    packTrackers(entry, into);
    packStart(entry.view, entry.inside(CTA_TIMESTAMP, CTA_TIMESTAMP_START, 8), into);
  }
}

function packUsualIdentity(view: DataView, into: PackedEntry): void {
  const { v4, originalIp, replyIp, originalProto, replyProto, zone } = layout;
  const { addresses } = into;
  into.v6 = !v4;
  into.protonum = layout.protonum;
  into.hasParts = true;
  into.id = view.getUint32(layout.id);
  into.zone = zone === 0 ? 0 : view.getUint16(zone);
  into.originalZone = 0;
  into.replyZone = 0;
  if (v4) {
    addresses[3] = view.getInt32(originalIp + 8);
    addresses[7] = view.getInt32(originalIp + 16);
    addresses[11] = view.getInt32(replyIp + 8);
    addresses[15] = view.getInt32(replyIp + 16);
  } else
    for (let i = 0; i < 4; i++) {
      addresses[i] = view.getInt32(originalIp + 8 + i * 4);
      addresses[i + 4] = view.getInt32(originalIp + 28 + i * 4);
      addresses[i + 8] = view.getInt32(replyIp + 8 + i * 4);
      addresses[i + 12] = view.getInt32(replyIp + 28 + i * 4);
    }
  into.parts = partsAt(view, originalProto);
  into.replyParts = partsAt(view, replyProto);
}

/** Packs the protocol's part of a tuple as `packedParts` of @conntrack/flow does. */
function partsAt(view: DataView, proto: number): number {
  const first = view.getUint16(proto + 12);
  return layout.ports
    ? ((first << 16) | view.getUint16(proto + 20)) >>> 0
    : ((view.getUint8(proto + 20) << 24) | (view.getUint8(proto + 28) << 16) | first) >>> 0;
}

const wordAt = (view: DataView, at: number): number => (at === 0 ? -1 : view.getUint32(at));
const longAt = (view: DataView, at: number): number => view.getUint32(at) * 4294967296 + view.getUint32(at + 4);

function packUsualValues(entry: EntryReader, into: PackedEntry): void {
  const { view } = entry;
  const { state, originalCounters, replyCounters, synproxy } = layout;
  into.state = state;
  into.status = wordAt(view, layout.status);
  into.timeout = wordAt(view, layout.timeout);
  into.mark = wordAt(view, layout.mark);
  into.use = wordAt(view, layout.use);
  into.originalPackets = originalCounters === 0 ? -1 : longAt(view, originalCounters + 4);
  into.originalBytes = originalCounters === 0 ? -1 : longAt(view, originalCounters + 16);
  into.replyPackets = replyCounters === 0 ? -1 : longAt(view, replyCounters + 4);
  into.replyBytes = replyCounters === 0 ? -1 : longAt(view, replyCounters + 16);
  packStart(view, layout.start, into);
  if (layout.more || !layout.isWhole(view)) {
    packTrackers(entry, into);
    return;
  }
  into.tcp = state < 0 ? -1 : layout.tcp;
  into.idleSynproxy =
    synproxy !== 0 &&
    view.getInt32(synproxy + 4) === 0 &&
    view.getInt32(synproxy + 12) === 0 &&
    view.getInt32(synproxy + 20) === 0;
  into.rare = synproxy !== 0 && !into.idleSynproxy;
}

/** Packs what needs a walk through nests: TCP's bytes, SYNPROXY's state, and whether anything else is present. */
function packTrackers(entry: EntryReader, into: PackedEntry): void {
  into.tcp = tcpBytesOf(entry);
  into.idleSynproxy = hasIdleSynproxy(entry);
  into.rare = hasRareFields(entry);
}

function packStart(view: DataView, at: number, into: PackedEntry): void {
  into.startHigh = at === 0 ? 0 : view.getUint32(at);
  into.startLow = at === 0 ? 0 : view.getUint32(at + 4);
}
