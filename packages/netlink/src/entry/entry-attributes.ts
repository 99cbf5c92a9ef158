import type { Direction } from '@conntrack/flow';
import { ORIGINAL } from '@conntrack/flow/codec';
import { CONNTRACK_ATTRIBUTES } from '../wire/attributes.js';
import { LITTLE } from '../wire/endianness.js';
import { malformed, NetlinkError } from '../wire/error.js';
import { HEADER } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import { afterAttribute, attributeSize, attributeType, findAttribute } from '../wire/walk.js';
import { FILLED, PLACES, placeTuple } from './tuple-places.js';

/** Top-level attributes up to this number have a place in a table. Higher numbers, and unknown numbers below, are found by a walk on request. */
const ATTRIBUTES = 32;

/** A bit for each attribute in the table. Other numbers are those of a newer kernel. */
const KNOWN = CONNTRACK_ATTRIBUTES.reduce((bits, { number }) => bits | (1 << number), 0);
const isKnown = (type: number): boolean => type < ATTRIBUTES && (KNOWN & (1 << type)) !== 0;

/** Marks a retired cursor in place of how far attributes are located: the next question leads to a walk, and the walk throws. */
const RETIRED = -1;

const stale = (): NetlinkError =>
  new NetlinkError('STALE', 'decode', 'this cursor is no longer valid: its memory was reused for the next slab');

/** Stands on the entries in a buffer, one after the other, and locates their attributes: each once, and only as far as a question needs them. */
export class EntryAttributes {
  readonly buffer: Uint8Array;
  readonly view: DataView;
  #length: number;
  /** Offset of the next message. */
  #at = 0;
  /** The current message: where it begins, where its attributes end, and how far they have been located. */
  #start = 0;
  #end = 0;
  #walked = 0;
  /** Whether an unknown top-level attribute was found; and a bit for each known one that was found. */
  #unknownOnTop = false;
  #present = 0;
  /** Offset and end of the payload of each located top-level attribute. */
  readonly #offset = new Int32Array(ATTRIBUTES);
  readonly #stop = new Int32Array(ATTRIBUTES);
  /** Places of the parts of both tuples, see {@link tuple}. */
  protected readonly places = new Int32Array(PLACES * 2);

  constructor(buffer: Uint8Array, length: number) {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#length = length;
  }

  /** Starts again before another part of the same buffer. */
  between(start: number, end: number): this {
    this.#at = start;
    this.#length = end;
    return this;
  }

  /** Retires the cursor: its memory is used by others from now on, and every question throws STALE. */
  retire(): void {
    this.places.fill(0);
    this.#present = 0;
    this.#walked = RETIRED;
    // The impossible next message leads `next` to the error, and costs valid cursors nothing.
    this.#at = 0;
    this.#length = 1;
  }

  /** Throws STALE if the cursor is retired. For questions that need no attribute. */
  protected check(): void {
    if (this.#walked === RETIRED) throw stale();
  }

  /** Moves to the next entry, and skips other messages. @throws NetlinkError MALFORMED */
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

  /** Offset in {@link buffer} where the current message begins, and where it ends. */
  get from(): number {
    return this.#start;
  }
  get to(): number {
    return this.#end;
  }

  /** Returns the offset of an attribute's payload; 0 if the entry does not have the attribute. */
  locate(type: number): number {
    return (this.#present & (1 << type)) !== 0 ? this.#offset[type]! : this.#walk(type);
  }

  /** Returns the attributes that the entry has, one bit for each number. */
  presence(): number {
    this.#walk(-1);
    return this.#present;
  }

  /** Returns the end of the payload of a located attribute. */
  stopOf(type: number): number {
    return this.#stop[type]!;
  }

  /** Whether the entry has a top-level attribute that is not in the table. */
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

  /** Locates the parts of a direction's tuple, and returns the index of its places in {@link places}. */
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

  /** Returns the offset of the payload of an attribute inside a located nest, if it has at least `size` bytes; else 0. */
  inside(nest: number, wanted: number, size: number): number {
    const from = this.locate(nest);
    return from === 0 ? 0 : findAttribute(this.view, from, this.#stop[nest]!, wanted, size);
  }
}
