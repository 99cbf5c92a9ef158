import { NEWLINE } from './bytes.js';

/** Default maximum length of a line, in bytes. conntrack(8) prints at most 4,096; JSON lines can be longer. */
export const MAX_LINE_LENGTH = 65536;

/** The hint for a line that is too long. */
export const TOO_LONG = 'Raise maxLineLength to allow longer lines';

/**
 * Receives a line: `bytes[start..end)` without its newline. `tooLong`: only the beginning of the line is there. `line`: the number of its
 * first line, if a record can have several lines.
 */
export type TakeLine = (bytes: Uint8Array, start: number, end: number, tooLong: boolean, line?: number) => void;

/** Splits chunks into lines or records, and passes them to a {@link TakeLine}. */
export interface Splitter {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** Splits chunks into lines, wherever the chunks are cut. Keeps only the beginning of one line, at most `maxLineLength` bytes. */
export class LineSplitter implements Splitter {
  readonly #take: TakeLine;
  readonly #maxLength: number;
  #carry: Uint8Array;
  #carried = 0;
  #tooLong = false;

  constructor(take: TakeLine, maxLineLength: number = MAX_LINE_LENGTH) {
    this.#take = take;
    this.#maxLength = maxLineLength;
    this.#carry = new Uint8Array(Math.min(1024, maxLineLength));
  }

  /** Takes the next chunk. Only a copy of its last, unfinished line is kept. */
  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#carried > 0 || this.#tooLong) {
      const newline = chunk.indexOf(NEWLINE);
      this.#keep(chunk, 0, newline < 0 ? chunk.length : newline);
      if (newline < 0) return;
      this.end();
      start = newline + 1;
    }
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start);
      if (newline < 0) break;
      this.#take(chunk, start, Math.min(newline, start + this.#maxLength), newline - start > this.#maxLength);
      start = newline + 1;
    }
    this.#keep(chunk, start, chunk.length);
  }

  /** Ends the text: its last line may have no newline. */
  end(): void {
    if (this.#carried === 0 && !this.#tooLong) return;
    const length = this.#carried;
    const tooLong = this.#tooLong;
    this.#carried = 0;
    this.#tooLong = false;
    this.#take(this.#carry, 0, length, tooLong);
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const room = this.#maxLength - this.#carried;
    const length = Math.min(end - start, room);
    if (end - start > room) this.#tooLong = true;
    if (length <= 0) return;
    if (this.#carried + length > this.#carry.length) {
      const larger = new Uint8Array(Math.min(this.#maxLength, (this.#carried + length) * 2));
      larger.set(this.#carry);
      this.#carry = larger;
    }
    this.#carry.set(chunk.subarray(start, start + length), this.#carried);
    this.#carried += length;
  }
}
