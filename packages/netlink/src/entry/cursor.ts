import {
  AF_INET,
  type Direction,
  type End,
  type Flow,
  type FlowCursor,
  type FlowRef,
  formatNanoseconds,
  MAPPED_WORD,
  ORIGINAL,
} from '@conntrack/flow';
import { CONNTRACK_ATTRIBUTES } from '../wire/attributes.js';
import { LITTLE } from '../wire/endianness.js';
import { malformed } from '../wire/error.js';
import { HEADER, text } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import { flowOf, refOfEntry } from './flow.js';
import { STALE } from './stale.js';
import { writeJson } from './text/json.js';
import {
  placeTuple,
  T_CODE,
  T_DONE,
  T_DPORT,
  T_DST,
  T_FAMILY_V4,
  T_ID,
  T_NUM,
  T_SIZE,
  T_SPORT,
  T_SRC,
  T_TYPE,
  T_ZONE,
} from './tuple-places.js';
import { Shapes, unknownAttributes } from './unknown.js';

/** Top-level attributes are kept by number up to this one; those above, and unknown ones below, are found by a walk when asked for. */
const ATTRIBUTES = 32;

/** Bits of the attributes in the table; numbers above are a newer kernel's. */
const KNOWN = CONNTRACK_ATTRIBUTES.reduce((bits, { number }) => bits | (1 << number), 0);
const isKnown = (type: number): boolean => type < ATTRIBUTES && (KNOWN & (1 << type)) !== 0;

const EVENT_NEW = 0;
const EVENT_UPDATE = 1;
const EVENT_DESTROY = 2;

/**
 * The cursor over entries as the kernel sent them. It stands before the first entry; {@link next} moves it. Attributes are located as far
 * as a question needs, and nothing is decoded but what is asked for.
 */
export class EntryCursor implements FlowCursor {
  readonly buffer: Uint8Array;
  readonly view: DataView;
  #length: number;
  readonly #events: boolean;
  readonly #shapes: Shapes;
  /** The next message. */
  #at = 0;
  /** The current message: where it begins, where its attributes end, how far they have been located. */
  #start = 0;
  #end = 0;
  #walked = 0;
  /** Whether an unknown attribute was met; a bit for each known one that was. */
  #strange = false;
  #present = 0;
  /** Payload offset of each top-level attribute that was located, and its end. */
  readonly #offset = new Int32Array(ATTRIBUTES);
  readonly #stop = new Int32Array(ATTRIBUTES);
  readonly #tuples = new Int32Array(T_SIZE * 2);

  /**
   * @param events whether the messages are events: then their kind is told by type and flags
   * @param shapes what was learned of entries before these, of the same kernel
   */
  constructor(buffer: Uint8Array, length: number, events = false, shapes = new Shapes()) {
    this.#shapes = shapes;
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#length = length;
    this.#events = events;
  }

  /** Begins anew before another part of the same buffer. */
  between(start: number, end: number): this {
    this.#at = start;
    this.#length = end;
    return this;
  }

  /** Ends it: its memory belongs to others from here on, and every question throws STALE. */
  retire(): void {
    this.#tuples.fill(0);
    Object.assign(this, STALE);
  }

  /** Moves to the next entry; other messages are passed over. @throws NetlinkError MALFORMED */
  next(): boolean {
    while (this.#at < this.#length) {
      const at = this.#at;
      if (this.#length - at < 16) throw malformed('a message header is cut short', at);
      const size = this.view.getUint32(at, LITTLE);
      if (size < 16 || size > this.#length - at) throw malformed(`a message of ${size} bytes`, at);
      this.#at = at + ((size + 3) & ~3);
      const type = this.view.getUint16(at + 4, LITTLE);
      if (type >> 8 !== U.NFNL_SUBSYS_CTNETLINK) continue;
      const message = type & 0xff;
      if (message !== U.IPCTNL_MSG_CT_NEW && message !== U.IPCTNL_MSG_CT_DELETE) continue;
      if (size < HEADER) throw malformed('an entry without nfgenmsg', at);
      this.#start = at;
      this.#end = at + size;
      this.#walked = at + HEADER;
      this.#strange = false;
      this.#present = 0;
      this.#tuples[T_DONE] = 0;
      this.#tuples[T_SIZE + T_DONE] = 0;
      return true;
    }
    return false;
  }

  /** Where the current message begins and ends in {@link buffer}. */
  get from(): number {
    return this.#start;
  }
  get to(): number {
    return this.#end;
  }

  /** Attributes of the current entry that this library does not know: their numbers (`28`; `4.1.9` in a nest) and payloads in hex. None for today's kernels. */
  unknown(): Readonly<Record<string, string>> | undefined {
    // To the end: an unknown attribute may stand behind all that was asked for.
    this.#walk(-1);
    const search = (): Readonly<Record<string, string>> | undefined =>
      unknownAttributes(this.buffer, this.view, this.#start + HEADER, this.#end);
    const nested = this.#shapes.isStrange(this.#present, this.protonum(), () => search() !== undefined);
    return nested || this.#strange ? search() : undefined;
  }

  /** Everything, as an object of its own. */
  flow(): Flow {
    return flowOf(this);
  }

  /**
   * `printableJson(cursor.flow())` as UTF-8, without the object: several times as fast. Answers where it ends, −1 where there may not be room
   * enough: nearly all entries take less than 2 KiB.
   */
  writeJson(out: Uint8Array, at: number): number {
    return writeJson(out, at, this);
  }

  /** What finds this entry again. */
  ref(): FlowRef {
    return refOfEntry(this);
  }

  /** Where an attribute's payload begins; 0 when the entry has none. */
  locate(type: number): number {
    return (this.#present & (1 << type)) !== 0 ? this.#offset[type]! : this.#walk(type);
  }

  /** Which attributes the entry has, a bit for each number. */
  presence(): number {
    this.#walk(-1);
    return this.#present;
  }

  /** Where the payload of an attribute that was located ends. */
  stopOf(type: number): number {
    return this.#stop[type]!;
  }

  #walk(wanted: number): number {
    const { view } = this;
    let at = this.#walked;
    const end = this.#end;
    while (end - at >= 4) {
      const size = view.getUint16(at, LITTLE);
      if (size < 4 || size > end - at) throw malformed(`an attribute of ${size} bytes`, at);
      const type = view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK;
      const payload = at + 4;
      const stop = at + size;
      at += (size + 3) & ~3;
      if (!isKnown(type)) this.#strange = true;
      else {
        this.#present |= 1 << type;
        this.#offset[type] = payload;
        this.#stop[type] = stop;
        if (type === wanted) {
          this.#walked = at;
          return payload;
        }
      }
    }
    this.#walked = end;
    return 0;
  }

  /** The tuple's block in #tuples, its parts located. */
  #tuple(direction: Direction): number {
    const block = direction * T_SIZE;
    if (this.#tuples[block + T_DONE] === 0) this.#locateTuple(direction, block);
    return block;
  }

  #locateTuple(direction: Direction, block: number): void {
    const tuples = this.#tuples;
    const attribute = direction === ORIGINAL ? U.CTA_TUPLE_ORIG : U.CTA_TUPLE_REPLY;
    const from = this.locate(attribute);
    tuples.fill(0, block, block + T_SIZE);
    tuples[block + T_DONE] = 1;
    if (from === 0) return;
    placeTuple(this.view, from, this.#stop[attribute]!, tuples, block);
  }

  #part16(direction: Direction, place: number): number {
    const at = this.#tuples[this.#tuple(direction) + place]!;
    return at === 0 ? -1 : this.view.getUint16(at);
  }
  #part8(direction: Direction, place: number): number {
    const at = this.#tuples[this.#tuple(direction) + place]!;
    return at === 0 ? -1 : this.buffer[at]!;
  }
  #u32(type: number): number {
    const at = this.locate(type);
    return at === 0 || this.#stop[type]! - at < 4 ? -1 : this.view.getUint32(at);
  }

  /** The payload of an attribute inside a located nest, if it has at least `size` bytes; 0 otherwise. */
  inside(nest: number, wanted: number, size: number): number {
    const from = this.locate(nest);
    return from === 0 ? 0 : this.within(from, this.#stop[nest]!, wanted, size);
  }

  /** The same between two offsets. */
  within(from: number, to: number, wanted: number, size: number): number {
    const { view } = this;
    for (let at = from; to - at >= 4; ) {
      const length = view.getUint16(at, LITTLE);
      if (length < 4 || length > to - at) throw malformed(`an attribute of ${length} bytes`, at);
      if ((view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK) === wanted) return length - 4 >= size ? at + 4 : 0;
      at += (length + 3) & ~3;
    }
    return 0;
  }

  #u64(at: number): number {
    return at === 0 ? -1 : this.view.getUint32(at) * 4294967296 + this.view.getUint32(at + 4);
  }

  family(): number {
    return this.buffer[this.#start + 16]!;
  }
  protonum(): number {
    // Asked of every entry by nearly every filter: read where kernels put it, behind the addresses, without locating the rest.
    const from = this.locate(U.CTA_TUPLE_ORIG);
    if (from === 0) return -1;
    const { view } = this;
    const stop = this.#stop[U.CTA_TUPLE_ORIG]!;
    if (stop - from >= 4) {
      const at = from + ((view.getUint16(from, LITTLE) + 3) & ~3);
      const found =
        stop - at >= 9 &&
        (view.getUint16(at + 2, LITTLE) & U.NLA_TYPE_MASK) === U.CTA_TUPLE_PROTO &&
        view.getUint16(at + 6, LITTLE) === U.CTA_PROTO_NUM;
      if (found) return this.buffer[at + 8]!;
    }
    return this.#part8(ORIGINAL, T_NUM);
  }
  word(end: End, index: 0 | 1 | 2 | 3): number {
    const block = this.#tuple((end >> 1) as Direction);
    const at = this.#tuples[block + ((end & 1) === 0 ? T_SRC : T_DST)]!;
    if (at === 0) return -1;
    if (this.#tuples[block + T_FAMILY_V4] === 0) return this.view.getUint32(at + index * 4);
    return index === 3 ? this.view.getUint32(at) : index === 2 ? MAPPED_WORD : 0;
  }
  /** Where the bytes of an address are, if they are of the entry's family; 0 otherwise. */
  addressAt(end: End): number {
    const block = this.#tuple((end >> 1) as Direction);
    const isV4 = this.#tuples[block + T_FAMILY_V4] === 1;
    return isV4 === (this.family() === AF_INET) ? this.#tuples[block + ((end & 1) === 0 ? T_SRC : T_DST)]! : 0;
  }
  port(end: End): number {
    const direction = (end >> 1) as Direction;
    return this.#isGre() ? -1 : this.#part16(direction, (end & 1) === 0 ? T_SPORT : T_DPORT);
  }
  greKey(end: End): number {
    const direction = (end >> 1) as Direction;
    return this.#isGre() ? this.#part16(direction, (end & 1) === 0 ? T_SPORT : T_DPORT) : -1;
  }
  #isGre(): boolean {
    return this.protonum() === 47;
  }
  icmpType(direction: Direction): number {
    return this.#part8(direction, T_TYPE);
  }
  icmpCode(direction: Direction): number {
    return this.#part8(direction, T_CODE);
  }
  icmpId(direction: Direction): number {
    return this.#part16(direction, T_ID);
  }
  zone(): number {
    const at = this.locate(U.CTA_ZONE);
    return at === 0 || this.#stop[U.CTA_ZONE]! - at < 2 ? 0 : this.view.getUint16(at);
  }
  directionZone(direction: Direction): number {
    return Math.max(0, this.#part16(direction, T_ZONE));
  }
  state(): number {
    const from = this.locate(U.CTA_PROTOINFO);
    if (from === 0 || this.#stop[U.CTA_PROTOINFO]! - from < 9) return -1;
    // One nest (TCP, DCCP or SCTP), whose first attribute is the state: number 1 in each.
    const at = this.within(
      from + 4,
      Math.min(from + this.view.getUint16(from, LITTLE), this.#stop[U.CTA_PROTOINFO]!),
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
    return at !== 0 && byte < this.#stop[U.CTA_LABELS]! && ((this.buffer[byte]! >> (label & 7)) & 1) === 1;
  }
  labelCount(): number {
    const at = this.locate(U.CTA_LABELS);
    if (at === 0) return -1;
    let count = 0;
    for (let i = at; i < this.#stop[U.CTA_LABELS]!; i++)
      for (let bits = this.buffer[i]!; bits !== 0; bits &= bits - 1) count++;
    return count;
  }
  #text(nest: number, name: number): string | undefined {
    const at = this.inside(nest, name, 0);
    return at === 0 ? undefined : text(this.buffer, at, at - 4 + this.view.getUint16(at - 4, LITTLE));
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
    const at = this.within(sctp, sctp - 4 + this.view.getUint16(sctp - 4, LITTLE), tag, 4);
    return at === 0 ? -1 : this.view.getUint32(at);
  }
  role(): number {
    const dccp = this.inside(U.CTA_PROTOINFO, U.CTA_PROTOINFO_DCCP, 4);
    if (dccp === 0) return -1;
    const at = this.within(dccp, dccp - 4 + this.view.getUint16(dccp - 4, LITTLE), U.CTA_PROTOINFO_DCCP_ROLE, 1);
    return at === 0 ? -1 : this.buffer[at]!;
  }
  portid(): number {
    return this.#events ? this.view.getUint32(this.#start + 12, LITTLE) : -1;
  }
  /** When an event happened, as RFC 3339; `undefined` where the kernel does not say (before 6.14, or nf_conntrack_timestamp is 0). */
  eventTime(): string | undefined {
    const at = this.locate(U.CTA_TIMESTAMP_EVENT);
    if (at === 0 || this.#stop[U.CTA_TIMESTAMP_EVENT]! - at < 8) return undefined;
    return formatNanoseconds(this.view.getUint32(at), this.view.getUint32(at + 4));
  }
  event(): number {
    if (!this.#events) return -1;
    if ((this.view.getUint16(this.#start + 4, LITTLE) & 0xff) === U.IPCTNL_MSG_CT_DELETE) return EVENT_DESTROY;
    return (this.view.getUint16(this.#start + 6, LITTLE) & (U.NLM_F_CREATE | U.NLM_F_EXCL)) !== 0
      ? EVENT_NEW
      : EVENT_UPDATE;
  }
}
