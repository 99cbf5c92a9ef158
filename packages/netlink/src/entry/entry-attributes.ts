import type { Direction } from '@conntrack/flow';
import { ORIGINAL } from '@conntrack/flow/codec';
import { CONNTRACK_ATTRIBUTES } from '../wire/attributes.js';
import { LITTLE } from '../wire/endianness.js';
import { malformed, NetlinkError } from '../wire/error.js';
import { HEADER } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import { afterAttribute, attributeSize, attributeType, findAttribute } from '../wire/walk.js';
import { FILLED, PLACES, placeTuple } from './tuple-places.js';

/** Top-level attributes are kept by number up to this one; those above, and unknown ones below, are found by a walk when asked for. */
const ATTRIBUTES = 32;

/** Bits of the attributes in the table; numbers above are a newer kernel's. */
const KNOWN = CONNTRACK_ATTRIBUTES.reduce((bits, { number }) => bits | (1 << number), 0);
const isKnown = (type: number): boolean => type < ATTRIBUTES && (KNOWN & (1 << type)) !== 0;

/** How far a retired cursor has located attributes: asking for one leads to a walk, and that to an error. */
const RETIRED = -1;

const stale = (): NetlinkError =>
  new NetlinkError('STALE', 'decode', 'this cursor is no longer valid: its memory was reused for the next slab');

/** Stands on the entries in a buffer, one after the other, and finds their attributes: as far as a question needs, each once. */
export class EntryAttributes {
  readonly buffer: Uint8Array;
  readonly view: DataView;
  #length: number;
  /** The next message. */
  #at = 0;
  /** The current message: where it begins, where its attributes end, how far they have been located. */
  #start = 0;
  #end = 0;
  #walked = 0;
  /** Whether an unknown attribute was met; a bit for each known one that was. */
  #unknownOnTop = false;
  #present = 0;
  /** Payload offset of each top-level attribute that was located, and its end. */
  readonly #offset = new Int32Array(ATTRIBUTES);
  readonly #stop = new Int32Array(ATTRIBUTES);
  /** Where the parts of both tuples stand, see {@link tuple}. */
  protected readonly places = new Int32Array(PLACES * 2);

  constructor(buffer: Uint8Array, length: number) {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#length = length;
  }

  /** Begins again before another part of the same buffer. */
  between(start: number, end: number): this {
    this.#at = start;
    this.#length = end;
    return this;
  }

  /** Ends it: its memory belongs to others from here on, and every question throws STALE. */
  retire(): void {
    this.places.fill(0);
    this.#present = 0;
    this.#walked = RETIRED;
    // A next message that cannot be one leads `next` to the error, and costs others nothing.
    this.#at = 0;
    this.#length = 1;
  }

  /** Throws STALE where the cursor was retired: for questions that need no attribute. */
  protected check(): void {
    if (this.#walked === RETIRED) throw stale();
  }

  /** Moves to the next entry; other messages are passed over. @throws NetlinkError MALFORMED */
  next(): boolean {
    while (this.#at < this.#length) {
      const at = this.#at;
      if (this.#length - at < 16) {
        this.check();
        throw malformed('a message header is truncated', at);
      }
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
      this.#unknownOnTop = false;
      this.#present = 0;
      this.places[FILLED] = 0;
      this.places[PLACES + FILLED] = 0;
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

  /** Whether the entry has an attribute at the top that the table lacks. */
  protected hasUnknownOnTop(): boolean {
    this.#walk(-1);
    return this.#unknownOnTop;
  }

  #walk(wanted: number): number {
    const { view } = this;
    const end = this.#end;
    let at = this.#walked;
    if (at === RETIRED) throw stale();
    while (end - at >= 4) {
      const size = attributeSize(view, at, end);
      const type = attributeType(view, at);
      const payload = at + 4;
      const stop = at + size;
      at = afterAttribute(at, size);
      if (!isKnown(type)) this.#unknownOnTop = true;
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

  /** Where the places of a direction's tuple begin in {@link places}, its parts located. */
  protected tuple(direction: Direction): number {
    const base = direction * PLACES;
    if (this.places[base + FILLED] === 0) this.#placeTuple(direction, base);
    return base;
  }

  #placeTuple(direction: Direction, base: number): void {
    const { places } = this;
    const attribute = direction === ORIGINAL ? U.CTA_TUPLE_ORIG : U.CTA_TUPLE_REPLY;
    const from = this.locate(attribute);
    places.fill(0, base, base + PLACES);
    places[base + FILLED] = 1;
    if (from !== 0) placeTuple(this.view, from, this.#stop[attribute]!, places, base);
  }

  /** The payload of an attribute inside a located nest, if it has at least `size` bytes; 0 otherwise. */
  inside(nest: number, wanted: number, size: number): number {
    const from = this.locate(nest);
    return from === 0 ? 0 : findAttribute(this.view, from, this.#stop[nest]!, wanted, size);
  }
}
