import { putDecimal, putNumber } from './digits.js';
import { type FixedText, putFixed } from './fixed-text.js';

const encoder = new TextEncoder();

/** Minimum number of free bytes after a call of {@link ByteWriter.room}. */
export const MARGIN = 4096;

/**
 * Writes text as bytes into memory that is reused. A table of a million entries is 200 MB of text: as strings it would cost several times
 * what the kernel needs to send it.
 */
export class ByteWriter {
  bytes: Uint8Array;
  /** A view of the memory, for storing several bytes at a time. */
  view: DataView;
  /** Number of bytes written. */
  at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Continues in other memory. If that memory is too small, writing continues in new memory, and {@link bytes} is then no longer the given one. */
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

  /** Writes one byte. */
  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** Writes a fixed text. Up to seven bytes after it change too; later text overwrites them. */
  fixed(text: FixedText): void {
    this.at = putFixed(this.view, this.at, text);
  }

  /** Writes any text as UTF-8. Makes room by itself. */
  text(text: string): void {
    this.room(text.length * 3 + MARGIN);
    this.at += encoder.encodeInto(text, this.bytes.subarray(this.at)).written;
  }

  /** Writes a whole number from 0 to 2^53 − 1. */
  decimal(value: number): void {
    this.at = (value > 0xffffffff ? putNumber : putDecimal)(this.view, this.at, value);
  }
}
