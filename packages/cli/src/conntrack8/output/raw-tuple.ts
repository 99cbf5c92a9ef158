import { type Direction, type End, ORIGINAL } from '@conntrack/flow';
import type { EntryCursor } from '@conntrack/netlink';
import type { ByteWriter } from './bytes.js';

// linux/netfilter/nfnetlink_conntrack.h
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
/** Counters of each direction. */
export const CTA_COUNTERS = [9, 10] as const;

/**
 * Where addresses and ports of a tuple stand, in the layout that every kernel since 2.6.14 writes: CTA_TUPLE_IP with source and destination,
 * then CTA_TUPLE_PROTO with number and ports. Found by four comparisons; everything else goes through the cursor.
 */
export class RawTuple {
  /** Offsets of payloads; `src` is 0 where the layout is another. */
  src = 0;
  dst = 0;
  sport = 0;
  dport = 0;
  v4 = false;
  /** Whether something follows the ports: a zone of this direction. */
  more = false;

  /** Finds the tuple of one direction; the layout counts for protocols with ports (and GRE, whose keys travel as ports) alone. */
  find(entry: EntryCursor, direction: Direction): boolean {
    const attribute = direction === ORIGINAL ? CTA_TUPLE_ORIG : CTA_TUPLE_REPLY;
    const at = entry.locate(attribute);
    if (at === 0) return false;
    const bytes = entry.buffer;
    const stop = entry.stopOf(attribute);
    // Lengths in little-endian order; on other machines nothing matches, and the cursor is asked.
    const v4 =
      bytes[at] === 20 && bytes[at + 4] === 8 && bytes[at + 6] === 1 && bytes[at + 12] === 8 && bytes[at + 14] === 2;
    const v6 =
      !v4 &&
      bytes[at] === 44 &&
      bytes[at + 4] === 20 &&
      bytes[at + 6] === 3 &&
      bytes[at + 24] === 20 &&
      bytes[at + 26] === 4;
    if (!v4 && !v6) return false;
    const proto = at + (v4 ? 20 : 44);
    if (stop - proto < 28 || bytes[proto] !== 28 || bytes[proto + 2] !== 2) return false;
    // NUM, then two attributes of six bytes: source and destination port.
    if (bytes[proto + 12] !== 6 || bytes[proto + 14] !== 2 || bytes[proto + 20] !== 6 || bytes[proto + 22] !== 3)
      return false;
    this.v4 = v4;
    this.src = at + 8;
    this.dst = at + (v4 ? 16 : 28);
    this.sport = proto + 16;
    this.dport = proto + 24;
    this.more = stop > proto + 28;
    return true;
  }
}

/** Packets and bytes of one direction: −1 where the kernel does not count. */
export class RawCounters {
  packets = -1;
  bytes = -1;

  /** Reads them: in the layout of today's kernels by their places, else through the cursor. */
  read(entry: EntryCursor, direction: Direction): void {
    const attribute = CTA_COUNTERS[direction];
    const at = entry.locate(attribute);
    const { buffer, view } = entry;
    if (
      at !== 0 &&
      entry.stopOf(attribute) - at >= 24 &&
      buffer[at] === 12 &&
      buffer[at + 2] === 1 &&
      buffer[at + 12] === 12 &&
      buffer[at + 14] === 2
    ) {
      this.packets = view.getUint32(at + 4) * 4294967296 + view.getUint32(at + 8);
      this.bytes = view.getUint32(at + 16) * 4294967296 + view.getUint32(at + 20);
    } else {
      this.packets = entry.packets(direction);
      this.bytes = entry.bytes(direction);
    }
  }
}

const address = new Uint8Array(16);

/** One address, from the cursor: for layouts that {@link RawTuple} does not know. */
export function writeAddress(entry: EntryCursor, end: End, out: ByteWriter): void {
  for (let i = 0; i < 4; i++) {
    const word = Math.max(0, entry.word(end, i as 0 | 1 | 2 | 3));
    address[i * 4] = word >>> 24;
    address[i * 4 + 1] = word >>> 16;
    address[i * 4 + 2] = word >>> 8;
    address[i * 4 + 3] = word;
  }
  if (entry.family() === 2) out.ipv4(address, 12);
  else out.ipv6(address, 0);
}
