import { LITTLE } from './endianness.js';
import { NFNETLINK_V1, NLA_F_NESTED } from './uapi.js';

const align = (length: number): number => (length + 3) & ~3;

/** Builds netlink messages, one after the other, in a buffer that grows. */
export class MessageWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  #message = 0;

  constructor(capacity = 512) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Starts again in the same memory, and so overwrites what {@link bytes} returned before. */
  clear(): this {
    this.#length = 0;
    return this;
  }

  /** Begins a message with nlmsghdr and nfgenmsg (linux/netlink.h, linux/netfilter/nfnetlink.h). The version is always 1. */
  begin(subsystem: number, message: number, flags: number, sequence: number, family: number, portid = 0): this {
    this.#message = this.#length;
    const at = this.#take(20);
    this.#view.setUint16(at + 4, (subsystem << 8) | message, LITTLE);
    this.#view.setUint16(at + 6, flags, LITTLE);
    this.#view.setUint32(at + 8, sequence, LITTLE);
    this.#view.setUint32(at + 12, portid, LITTLE);
    this.#bytes[at + 16] = family;
    this.#bytes[at + 17] = NFNETLINK_V1;
    return this;
  }

  /** Writes the length into the header of the message. */
  end(): this {
    this.#view.setUint32(this.#message, this.#length - this.#message, LITTLE);
    return this;
  }

  /** Sets a flag of the last message. */
  flag(flag: number): this {
    return this.flagAt(this.#message, flag);
  }

  /** Number of bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Returns the start of the last message and the end of all bytes, for {@link back}. */
  mark(): readonly [message: number, length: number] {
    return [this.#message, this.#length];
  }

  /** Removes what was written since a {@link mark}. */
  back([message, length]: readonly [message: number, length: number]): void {
    this.#message = message;
    this.#length = length;
  }

  /** Returns everything written so far, as a view that is valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Writes a message of netlink itself: NLMSG_ERROR, NLMSG_DONE. */
  control(type: number, flags: number, sequence: number, payload: Uint8Array): this {
    this.#message = this.#length;
    const at = this.#take(16 + align(payload.length));
    this.#view.setUint32(at, 16 + payload.length, LITTLE);
    this.#view.setUint16(at + 4, type, LITTLE);
    this.#view.setUint16(at + 6, flags, LITTLE);
    this.#view.setUint32(at + 8, sequence, LITTLE);
    this.#view.setUint32(at + 12, 0);
    this.#bytes.set(payload, at + 16);
    return this;
  }

  nest(type: number, content: () => void): this {
    const nest = this.open(type);
    content();
    return this.close(nest);
  }

  /** Opens a nest, for {@link close}. Frequent nests are written with this pair, without a function for each nest. */
  open(type: number): number {
    return this.#header(type | NLA_F_NESTED, 0) - 4;
  }

  /** Writes the length of the nest that {@link open} returned. */
  close(nest: number): this {
    this.#view.setUint16(nest, this.#length - nest, LITTLE);
    return this;
  }

  u8(type: number, value: number): this {
    const at = this.#header(type, 1);
    this.#bytes[at] = value;
    return this;
  }

  u16(type: number, value: number): this {
    const at = this.#header(type, 2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(type: number, value: number): this {
    const at = this.#header(type, 4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** Writes 32-bit words one after the other: an IPv6 address. */
  words(type: number, values: Uint32Array): this {
    const at = this.#header(type, values.length * 4);
    for (let i = 0; i < values.length; i++) this.#view.setUint32(at + i * 4, values[i]!);
    return this;
  }

  /** Writes a number in host byte order. Only for the flag words of CTA_FILTER. */
  u32Native(type: number, value: number): this {
    const at = this.#header(type, 4);
    this.#view.setUint32(at, value, LITTLE);
    return this;
  }

  u64(type: number, value: number | bigint): this {
    const at = this.#header(type, 8);
    this.#view.setBigUint64(at, BigInt(value));
    return this;
  }

  string(type: number, text: string): this {
    const encoded = new TextEncoder().encode(text);
    const at = this.#header(type, encoded.length + 1);
    this.#bytes.set(encoded, at);
    return this;
  }

  raw(type: number, data: Uint8Array | readonly number[]): this {
    const at = this.#header(type, data.length);
    this.#bytes.set(data, at);
    return this;
  }

  /** Copies an attribute, header and all, as the kernel wrote it: from its header to the end of its payload. */
  copy(source: DataView, from: number, to: number): this {
    let at = this.#take(align(to - from));
    // Attributes are padded to whole words, and short: a loop is faster than a view of the source.
    for (let word = from; word < to; word += 4, at += 4)
      this.#view.setUint32(at, source.getUint32(word, LITTLE), LITTLE);
    return this;
  }

  /** Sets a flag of the message that begins at an offset. */
  flagAt(message: number, flag: number): this {
    this.#view.setUint16(message + 6, this.#view.getUint16(message + 6, LITTLE) | flag, LITTLE);
    return this;
  }

  /** Writes an nlattr header for `length` bytes of payload; returns the offset of the payload. */
  #header(type: number, length: number): number {
    const at = this.#take(4 + align(length));
    this.#view.setUint16(at, 4 + length, LITTLE);
    this.#view.setUint16(at + 2, type, LITTLE);
    return at + 4;
  }

  /** Reserves the next `length` bytes, rounded up to 4. Because memory is reused, the last word is cleared: the unused part of it is padding. */
  #take(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#view.setUint32(this.#length - 4, 0);
    return at;
  }
}
