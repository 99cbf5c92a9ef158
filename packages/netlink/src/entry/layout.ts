import { AF_INET, AF_INET6 } from '@conntrack/flow/codec';
import { LITTLE } from '../wire/endianness.js';
import { HEADER } from '../wire/message.js';
import {
  CTA_COUNTERS_BYTES,
  CTA_COUNTERS_ORIG,
  CTA_COUNTERS_PACKETS,
  CTA_COUNTERS_REPLY,
  CTA_HELP,
  CTA_ID,
  CTA_IP_V4_DST,
  CTA_IP_V4_SRC,
  CTA_IP_V6_DST,
  CTA_IP_V6_SRC,
  CTA_LABELS,
  CTA_MARK,
  CTA_PROTO_DST_PORT,
  CTA_PROTO_ICMP_CODE,
  CTA_PROTO_ICMP_ID,
  CTA_PROTO_ICMP_TYPE,
  CTA_PROTO_ICMPV6_CODE,
  CTA_PROTO_ICMPV6_ID,
  CTA_PROTO_ICMPV6_TYPE,
  CTA_PROTO_NUM,
  CTA_PROTO_SRC_PORT,
  CTA_PROTOINFO,
  CTA_PROTOINFO_TCP,
  CTA_PROTOINFO_TCP_FLAGS_ORIGINAL,
  CTA_PROTOINFO_TCP_FLAGS_REPLY,
  CTA_PROTOINFO_TCP_STATE,
  CTA_PROTOINFO_TCP_WSCALE_ORIGINAL,
  CTA_PROTOINFO_TCP_WSCALE_REPLY,
  CTA_SECCTX,
  CTA_SECMARK,
  CTA_STATUS,
  CTA_SYNPROXY,
  CTA_TIMEOUT,
  CTA_TIMESTAMP,
  CTA_TIMESTAMP_EVENT,
  CTA_TIMESTAMP_START,
  CTA_TUPLE_IP,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_PROTO,
  CTA_TUPLE_REPLY,
  CTA_USE,
  CTA_ZONE,
} from '../wire/uapi.js';
import { HAS_PORTS, ICMP, ICMPV6 } from './protocols.js';
import type { EntryReader } from './reader.js';

/**
 * Mask for the header of an attribute (length and type as one number) without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER. The state has
 * the same attribute number in the nests of all trackers.
 */
const MASK = 0x3fffffff;
const attribute = (size: number, type: number): number => size | (type << 16);

const STATE = attribute(5, CTA_PROTOINFO_TCP_STATE);
const TCP_NEST = attribute(44, CTA_PROTOINFO_TCP);
const TCP_WSCALES = [attribute(5, CTA_PROTOINFO_TCP_WSCALE_ORIGINAL), attribute(5, CTA_PROTOINFO_TCP_WSCALE_REPLY)];
const TCP_FLAGS = [attribute(6, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL), attribute(6, CTA_PROTOINFO_TCP_FLAGS_REPLY)];
/** Initial sequence number, timestamp and timestamp offset: attributes 1 to 3. */
const SYNPROXY = [attribute(8, 1), attribute(8, 2), attribute(8, 3)];
const PACKETS = attribute(12, CTA_COUNTERS_PACKETS);
const BYTES = attribute(12, CTA_COUNTERS_BYTES);
const START = attribute(12, CTA_TIMESTAMP_START);
const IP_V4 = attribute(20, CTA_TUPLE_IP);
const IP_V6 = attribute(44, CTA_TUPLE_IP);
const V4_SRC = attribute(8, CTA_IP_V4_SRC);
const V4_DST = attribute(8, CTA_IP_V4_DST);
const V6_SRC = attribute(20, CTA_IP_V6_SRC);
const V6_DST = attribute(20, CTA_IP_V6_DST);
const PROTO_PORTS = attribute(28, CTA_TUPLE_PROTO);
const PROTO_ICMP = attribute(36, CTA_TUPLE_PROTO);
const NUM = attribute(5, CTA_PROTO_NUM);
const SPORT = attribute(6, CTA_PROTO_SRC_PORT);
const DPORT = attribute(6, CTA_PROTO_DST_PORT);
const ICMP_ID = [attribute(6, CTA_PROTO_ICMP_ID), attribute(6, CTA_PROTO_ICMPV6_ID)];
const ICMP_TYPE = [attribute(5, CTA_PROTO_ICMP_TYPE), attribute(5, CTA_PROTO_ICMPV6_TYPE)];
const ICMP_CODE = [attribute(5, CTA_PROTO_ICMP_CODE), attribute(5, CTA_PROTO_ICMPV6_CODE)];

// Headers are compared as little-endian numbers.

/**
 * The offsets of everything that a row of text shows, for entries with the usual layout: TCP, UDP, ICMP and similar protocols, without a
 * zone of one direction. Every kernel since 2.6.14 uses it for nearly all entries.
 *
 * Found in one pass that compares whole headers. Offsets are those of payloads; 0 means absent.
 */
export class Layout {
  v4 = false;
  protonum = 0;
  /** Whether the tuples have ports. Otherwise they have ICMP's type, code and identifier. */
  ports = false;
  /** Offsets of the payload of CTA_TUPLE_IP and CTA_TUPLE_PROTO in each tuple. */
  originalIp = 0;
  originalProto = 0;
  replyIp = 0;
  replyProto = 0;
  /** Number of the state; −1 if there is none. */
  state = -1;
  status = 0;
  timeout = 0;
  mark = 0;
  use = 0;
  id = 0;
  zone = 0;
  originalCounters = 0;
  replyCounters = 0;
  start = 0;
  /** Offset of what the SYNPROXY module adds to every TCP entry while it is loaded. */
  synproxy = 0;
  /** Whether CTA_LABELS is present. */
  labels = false;
  /** Whether a helper, a security context or a security mark is present. */
  extended = false;
  /** Whether attributes without a member here are present. Labels and the {@link extended} ones count too. */
  more = false;
  /** Four bytes of TCP's tracker, see `tcpInfoOf`. {@link isWhole} sets them if there is a state. */
  tcp = 0;
  #protoinfo = 0;
  #protoinfoSize = 0;
  #synproxySize = 0;

  /** Whether the current entry has the usual layout. All other entries, errors included, are left to the cursor. */
  find(entry: EntryReader): boolean {
    if (!LITTLE) return false;
    this.#reset();
    const { view } = entry;
    const end = entry.to;
    let at = entry.from + HEADER;
    while (end - at >= 4) {
      const header = view.getInt32(at, true);
      const size = header & 0xffff;
      if (size < 4 || size > end - at) return false;
      const payload = at + 4;
      switch ((header >>> 16) & 0x3fff) {
        case CTA_TUPLE_ORIG:
          if (size < 52 || this.originalIp !== 0) return false;
          this.originalIp = payload;
          if (!this.#original(entry, payload, size - 4)) return false;
          break;
        case CTA_TUPLE_REPLY:
          if (this.replyIp !== 0) return false;
          this.replyIp = payload;
          if (!this.#reply(view, payload, size - 4)) return false;
          break;
        case CTA_STATUS:
          if (size !== 8) return false;
          this.status = payload;
          break;
        case CTA_PROTOINFO:
          // The nest of the tracker, with the state as its first attribute.
          if (size < 16 || (view.getInt32(payload, true) & 0xffff) < 9) return false;
          if ((view.getInt32(payload + 4, true) & MASK) !== STATE) return false;
          this.#protoinfo = payload;
          this.#protoinfoSize = size;
          break;
        case CTA_TIMEOUT:
          if (size !== 8) return false;
          this.timeout = payload;
          break;
        case CTA_MARK:
          if (size !== 8) return false;
          this.mark = payload;
          break;
        case CTA_COUNTERS_ORIG:
          if (!counters(view, payload, size)) return false;
          this.originalCounters = payload;
          break;
        case CTA_COUNTERS_REPLY:
          if (!counters(view, payload, size)) return false;
          this.replyCounters = payload;
          break;
        case CTA_USE:
          if (size !== 8) return false;
          this.use = payload;
          break;
        case CTA_ID:
          if (size !== 8) return false;
          this.id = payload;
          break;
        case CTA_ZONE:
          if (size !== 6) return false;
          this.zone = payload;
          break;
        default:
          if (!this.#rarer(view, (header >>> 16) & 0x3fff, payload, size)) return false;
      }
      at += (size + 3) & ~3;
    }
    if (this.#protoinfo !== 0) this.state = entry.buffer[this.#protoinfo + 8]!;
    return this.originalIp !== 0 && this.replyIp !== 0;
  }

  /** Takes an attribute that most entries do not have. Returns false if it makes the layout unusual. */
  #rarer(view: DataView, type: number, payload: number, size: number): boolean {
    switch (type) {
      case CTA_LABELS:
        this.labels = true;
        this.more = true;
        break;
      case CTA_TIMESTAMP:
        // Only a start time: an entry that has ended is rare.
        if (size !== 16 || (view.getInt32(payload, true) & MASK) !== START) return false;
        this.start = payload + 4;
        break;
      case CTA_SYNPROXY:
        this.synproxy = payload;
        this.#synproxySize = size;
        break;
      case CTA_HELP:
      case CTA_SECMARK:
      case CTA_SECCTX:
        this.extended = true;
        this.more = true;
        break;
      case CTA_TIMESTAMP_EVENT:
        // The time of an event is not part of its entry.
        break;
      default:
        this.more = true;
    }
    return true;
  }

  /** Whether a found entry has an id, and its nests have exactly their known attributes. {@link more} is a separate question. */
  isWhole(view: DataView): boolean {
    return (
      this.id !== 0 &&
      (this.#protoinfo === 0 || this.#isTcp(view, this.#protoinfo)) &&
      (this.synproxy === 0 || this.#isSynproxy(view, this.synproxy))
    );
  }

  #isTcp(view: DataView, at: number): boolean {
    if (this.protonum !== 6 || this.#protoinfoSize !== 48) return false;
    if ((view.getInt32(at, true) & MASK) !== TCP_NEST) return false;
    if ((view.getInt32(at + 12, true) & MASK) !== TCP_WSCALES[0]) return false;
    if ((view.getInt32(at + 20, true) & MASK) !== TCP_WSCALES[1]) return false;
    if ((view.getInt32(at + 28, true) & MASK) !== TCP_FLAGS[0]) return false;
    if ((view.getInt32(at + 36, true) & MASK) !== TCP_FLAGS[1]) return false;
    this.tcp =
      (view.getUint8(at + 16) << 24) |
      (view.getUint8(at + 24) << 16) |
      (view.getUint8(at + 32) << 8) |
      view.getUint8(at + 40);
    return true;
  }

  #isSynproxy(view: DataView, at: number): boolean {
    return (
      this.#synproxySize === 28 &&
      (view.getInt32(at, true) & MASK) === SYNPROXY[0] &&
      (view.getInt32(at + 8, true) & MASK) === SYNPROXY[1] &&
      (view.getInt32(at + 16, true) & MASK) === SYNPROXY[2]
    );
  }

  #reset(): void {
    this.originalIp = 0;
    this.replyIp = 0;
    this.state = -1;
    this.status = 0;
    this.timeout = 0;
    this.mark = 0;
    this.use = 0;
    this.id = 0;
    this.zone = 0;
    this.originalCounters = 0;
    this.replyCounters = 0;
    this.start = 0;
    this.synproxy = 0;
    this.labels = false;
    this.extended = false;
    this.more = false;
    this.#protoinfo = 0;
  }

  #original(entry: EntryReader, at: number, size: number): boolean {
    const { buffer, view } = entry;
    const family = buffer[entry.from + 16]!;
    this.v4 = family === AF_INET;
    if (!this.v4 && family !== AF_INET6) return false;
    const proto = at + (this.v4 ? 24 : 48);
    const protonum = buffer[proto + 4]!;
    this.protonum = protonum;
    this.ports = HAS_PORTS[protonum]!;
    if (!this.ports && protonum !== ICMP && protonum !== ICMPV6) return false;
    this.originalProto = proto;
    return this.#matches(view, at, size);
  }

  #reply(view: DataView, at: number, size: number): boolean {
    // The kernel never sends a reply before its original, or another protocol for it.
    if (this.originalIp === 0) return false;
    const proto = at + (this.v4 ? 24 : 48);
    this.replyProto = proto;
    return this.#matches(view, at, size) && view.getUint8(proto + 4) === this.protonum;
  }

  /** Whether the headers of a tuple of `size` bytes are those of the protocol that was found. */
  #matches(view: DataView, at: number, size: number): boolean {
    if (size !== (this.v4 ? 20 : 44) + (this.ports ? 28 : 36)) return false;
    if (this.v4) {
      if ((view.getInt32(at, true) & MASK) !== IP_V4) return false;
      if ((view.getInt32(at + 4, true) & MASK) !== V4_SRC) return false;
      if ((view.getInt32(at + 12, true) & MASK) !== V4_DST) return false;
    } else {
      if ((view.getInt32(at, true) & MASK) !== IP_V6) return false;
      if ((view.getInt32(at + 4, true) & MASK) !== V6_SRC) return false;
      if ((view.getInt32(at + 24, true) & MASK) !== V6_DST) return false;
    }
    const proto = at + (this.v4 ? 24 : 48);
    if ((view.getInt32(proto, true) & MASK) !== NUM) return false;
    const nest = view.getInt32(proto - 4, true) & MASK;
    const one = view.getInt32(proto + 8, true) & MASK;
    const two = view.getInt32(proto + 16, true) & MASK;
    if (this.ports) return nest === PROTO_PORTS && one === SPORT && two === DPORT;
    const version = this.protonum === ICMP ? 0 : 1;
    return (
      nest === PROTO_ICMP &&
      one === ICMP_ID[version] &&
      two === ICMP_TYPE[version] &&
      (view.getInt32(proto + 24, true) & MASK) === ICMP_CODE[version]
    );
  }
}

/** Whether a nest has packets and bytes in 64 bits each, both at most 2^53. Larger ones are left to `number`, which rounds them. */
function counters(view: DataView, at: number, size: number): boolean {
  return (
    size === 28 &&
    (view.getInt32(at, true) & MASK) === PACKETS &&
    (view.getInt32(at + 12, true) & MASK) === BYTES &&
    view.getUint32(at + 4) < 0x200000 &&
    view.getUint32(at + 16) < 0x200000
  );
}
