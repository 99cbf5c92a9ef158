import type { Direction, End, FlowCursor } from '@conntrack/flow';
import { AF_INET, MAPPED_WORD, ORIGINAL } from '@conntrack/flow/codec';
import { formatNanoseconds } from '@conntrack/flow/text';
import { LITTLE } from '../wire/endianness.js';
import { HEADER, text } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import { afterAttribute, attributeType, findAttribute, payloadEnd } from '../wire/walk.js';
import { EntryAttributes } from './entry-attributes.js';
import { ICMP_CODE, ICMP_ID, ICMP_TYPE, ICMPV6, PROTOCOL, SPORT, V4_SRC, V6_SRC, ZONE } from './tuple-places.js';
import { UnknownByKind, unknownAttributes } from './unknown.js';

const EVENT_NEW = 0;
const EVENT_UPDATE = 1;
export const EVENT_DESTROY = 2;

/** Answers questions about the current entry from its bytes. Only requested fields are decoded. */
export class EntryReader extends EntryAttributes implements Omit<FlowCursor, 'flow' | 'ref'> {
  readonly #events: boolean;
  readonly #unknownByKind: UnknownByKind;

  /**
   * @param events whether the messages are events, whose type is in message type and flags
   *
   * @param unknownByKind what was learned from earlier entries of the same kernel
   */
  constructor(buffer: Uint8Array, length: number, events = false, unknownByKind = new UnknownByKind()) {
    super(buffer, length);
    this.#events = events;
    this.#unknownByKind = unknownByKind;
  }

  /**
   * Returns the attributes of the current entry that this library does not know: their numbers (`28`; `4.1.9` inside a nest) and payloads
   * in hexadecimal. Today's kernels send none.
   */
  unknown(): Readonly<Record<string, string>> | undefined {
    // Searched to the end: an unknown attribute may follow all attributes that were requested.
    const strange = this.hasUnknownOnTop();
    const search = (): Readonly<Record<string, string>> | undefined =>
      unknownAttributes(this.buffer, this.view, this.from + HEADER, this.to);
    const nested = this.#unknownByKind.hasUnknown(this.presence(), this.protonum(), () => search() !== undefined);
    return nested || strange ? search() : undefined;
  }

  #part16(direction: Direction, place: number): number {
    const at = this.places[this.tuple(direction) + place]!;
    return at === 0 ? -1 : this.view.getUint16(at);
  }
  #part8(direction: Direction, place: number): number {
    const at = this.places[this.tuple(direction) + place]!;
    return at === 0 ? -1 : this.buffer[at]!;
  }
  #u32(type: number): number {
    const at = this.locate(type);
    return at === 0 || this.stopOf(type) - at < 4 ? -1 : this.view.getUint32(at);
  }

  #u64(at: number): number {
    return at === 0 ? -1 : this.view.getUint32(at) * 4294967296 + this.view.getUint32(at + 4);
  }

  family(): number {
    this.check();
    return this.buffer[this.from + 16]!;
  }
  protonum(): number {
    // Nearly every filter asks every entry for this. So it is read at its usual place, after the addresses, without locating the rest.
    const from = this.locate(U.CTA_TUPLE_ORIG);
    if (from === 0) return -1;
    const { view } = this;
    const stop = this.stopOf(U.CTA_TUPLE_ORIG);
    if (stop - from >= 4) {
      const at = afterAttribute(from, view.getUint16(from, LITTLE));
      const found =
        stop - at >= 9 &&
        attributeType(view, at) === U.CTA_TUPLE_PROTO &&
        attributeType(view, at + 4) === U.CTA_PROTO_NUM;
      if (found) return this.buffer[at + 8]!;
    }
    return this.#part8(ORIGINAL, PROTOCOL);
  }
  word(end: End, index: 0 | 1 | 2 | 3): number {
    const base = this.tuple((end >> 1) as Direction) + (end & 1);
    const v4 = this.places[base + V4_SRC]!;
    if (v4 !== 0) return index === 3 ? this.view.getUint32(v4) : index === 2 ? MAPPED_WORD : 0;
    const v6 = this.places[base + V6_SRC]!;
    return v6 === 0 ? -1 : this.view.getUint32(v6 + index * 4);
  }
  /** Returns the offset of the bytes of an address, if it is of the entry's family; else 0. */
  addressAt(end: End): number {
    const base = this.tuple((end >> 1) as Direction) + (end & 1);
    return this.places[base + (this.family() === AF_INET ? V4_SRC : V6_SRC)]!;
  }
  port(end: End): number {
    return this.#isGre() ? -1 : this.#part16((end >> 1) as Direction, SPORT + (end & 1));
  }
  greKey(end: End): number {
    return this.#isGre() ? this.#part16((end >> 1) as Direction, SPORT + (end & 1)) : -1;
  }
  #isGre(): boolean {
    return this.protonum() === 47;
  }
  #icmp8(direction: Direction, place: number): number {
    const value = this.#part8(direction, place);
    return value < 0 ? this.#part8(direction, place + ICMPV6) : value;
  }
  icmpType(direction: Direction): number {
    return this.#icmp8(direction, ICMP_TYPE);
  }
  icmpCode(direction: Direction): number {
    return this.#icmp8(direction, ICMP_CODE);
  }
  icmpId(direction: Direction): number {
    const id = this.#part16(direction, ICMP_ID);
    return id < 0 ? this.#part16(direction, ICMP_ID + ICMPV6) : id;
  }
  zone(): number {
    const at = this.locate(U.CTA_ZONE);
    return at === 0 || this.stopOf(U.CTA_ZONE) - at < 2 ? 0 : this.view.getUint16(at);
  }
  directionZone(direction: Direction): number {
    return Math.max(0, this.#part16(direction, ZONE));
  }
  state(): number {
    const from = this.locate(U.CTA_PROTOINFO);
    if (from === 0 || this.stopOf(U.CTA_PROTOINFO) - from < 9) return -1;
    // One nest (TCP, DCCP or SCTP), whose first attribute is the state: number 1 in each of them.
    const at = findAttribute(
      this.view,
      from + 4,
      Math.min(payloadEnd(this.view, from + 4), this.stopOf(U.CTA_PROTOINFO)),
      1,
      1,
    );
    return at === 0 ? -1 : this.buffer[at]!;
  }
  status(): number {
    return this.#u32(U.CTA_STATUS);
  }
  timeout(): number {
    return this.#u32(U.CTA_TIMEOUT);
  }
  mark(): number {
    return this.#u32(U.CTA_MARK);
  }
  secmark(): number {
    return this.#u32(U.CTA_SECMARK);
  }
  use(): number {
    return this.#u32(U.CTA_USE);
  }
  id(): number {
    return this.#u32(U.CTA_ID);
  }
  #counter(direction: Direction, wide: number, narrow: number): number {
    const nest = direction === ORIGINAL ? U.CTA_COUNTERS_ORIG : U.CTA_COUNTERS_REPLY;
    const at = this.inside(nest, wide, 8);
    if (at !== 0) return this.#u64(at);
    const old = this.inside(nest, narrow, 4);
    return old === 0 ? -1 : this.view.getUint32(old);
  }
  packets(direction: Direction): number {
    return this.#counter(direction, U.CTA_COUNTERS_PACKETS, U.CTA_COUNTERS32_PACKETS);
  }
  bytes(direction: Direction): number {
    return this.#counter(direction, U.CTA_COUNTERS_BYTES, U.CTA_COUNTERS32_BYTES);
  }
  hasLabel(label: number | string): boolean {
    if (typeof label !== 'number') return false;
    const at = this.locate(U.CTA_LABELS);
    const byte = at + (label >> 3);
    return at !== 0 && byte < this.stopOf(U.CTA_LABELS) && ((this.buffer[byte]! >> (label & 7)) & 1) === 1;
  }
  labelCount(): number {
    const at = this.locate(U.CTA_LABELS);
    if (at === 0) return -1;
    let count = 0;
    for (let i = at; i < this.stopOf(U.CTA_LABELS); i++)
      for (let bits = this.buffer[i]!; bits !== 0; bits &= bits - 1) count++;
    return count;
  }
  #text(nest: number, name: number): string | undefined {
    const at = this.inside(nest, name, 0);
    return at === 0 ? undefined : text(this.buffer, at, payloadEnd(this.view, at));
  }
  helper(): string | undefined {
    return this.#text(U.CTA_HELP, U.CTA_HELP_NAME);
  }
  secctx(): string | undefined {
    return this.#text(U.CTA_SECCTX, U.CTA_SECCTX_NAME);
  }
  start(): number {
    return this.#time(U.CTA_TIMESTAMP_START);
  }
  #time(which: number): number {
    const nanoseconds = this.#u64(this.inside(U.CTA_TIMESTAMP, which, 8));
    return nanoseconds <= 0 ? -1 : nanoseconds / 1e6;
  }
  stop(): number {
    return this.#time(U.CTA_TIMESTAMP_STOP);
  }
  vtag(direction: Direction): number {
    const sctp = this.inside(U.CTA_PROTOINFO, U.CTA_PROTOINFO_SCTP, 4);
    if (sctp === 0) return -1;
    const tag = direction === ORIGINAL ? U.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL : U.CTA_PROTOINFO_SCTP_VTAG_REPLY;
    const at = findAttribute(this.view, sctp, payloadEnd(this.view, sctp), tag, 4);
    return at === 0 ? -1 : this.view.getUint32(at);
  }
  role(): number {
    const dccp = this.inside(U.CTA_PROTOINFO, U.CTA_PROTOINFO_DCCP, 4);
    if (dccp === 0) return -1;
    const at = findAttribute(this.view, dccp, payloadEnd(this.view, dccp), U.CTA_PROTOINFO_DCCP_ROLE, 1);
    return at === 0 ? -1 : this.buffer[at]!;
  }
  portid(): number {
    this.check();
    return this.#events ? this.view.getUint32(this.from + 12, LITTLE) : -1;
  }
  /** Returns when an event happened, as RFC 3339; `undefined` if the kernel does not say (before 6.14, or if nf_conntrack_timestamp is 0). */
  eventTime(): string | undefined {
    const at = this.locate(U.CTA_TIMESTAMP_EVENT);
    if (at === 0 || this.stopOf(U.CTA_TIMESTAMP_EVENT) - at < 8) return undefined;
    return formatNanoseconds(this.view.getUint32(at), this.view.getUint32(at + 4));
  }
  event(): number {
    this.check();
    if (!this.#events) return -1;
    if ((this.view.getUint16(this.from + 4, LITTLE) & 0xff) === U.IPCTNL_MSG_CT_DELETE) return EVENT_DESTROY;
    return (this.view.getUint16(this.from + 6, LITTLE) & (U.NLM_F_CREATE | U.NLM_F_EXCL)) !== 0
      ? EVENT_NEW
      : EVENT_UPDATE;
  }
}
