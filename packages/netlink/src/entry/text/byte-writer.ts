import { putDecimal, putNumber } from './digits.js';
import { type FixedText, putFixed } from './fixed-text.js';

const encoder = new TextEncoder();

/** Room that one call of {@link ByteWriter.room} promises at least. */
export const MARGIN = 4096;

/**
 * Text written as bytes into memory that is used again. A table of a million entries is 200 MB of text: strings of it would cost several
 * times what the kernel needs to send it.
 */
export class ByteWriter {
  bytes: Uint8Array;
  /** The same memory, for what is stored several bytes at a time. */
  view: DataView;
  /** How much of it is written. */
  at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Goes on in other memory. Where it does not suffice, writing goes on in memory of its own: then {@link bytes} is not that memory any more. */
  onto(bytes: Uint8Array, at: number): void {
    if (this.bytes !== bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.at = at;
  }

  /** Makes sure that `size` more bytes fit. */
  room(size = MARGIN): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** A fixed text. Up to seven bytes behind it are written as well, and written over by what follows. */
  fixed(text: FixedText): void {
    this.at = putFixed(this.view, this.at, text);
  }

  /** Any text, as UTF-8; makes its own room. */
  text(text: string): void {
    this.room(text.length * 3 + MARGIN);
    this.at += encoder.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  /** A whole number from 0 to 2^53 − 1. */
  decimal(value: number): void {
    this.at = (value > 0xffffffff ? putNumber : putDecimal)(this.view, this.at, value);
  }
}
