import { NEWLINE } from './bytes.js';

/** Bytes of a line that are kept, by default. conntrack(8) prints 4,096 at most; JSON has more to say. */
export const MAX_LINE_LENGTH = 65536;

/** What helps against a line that is longer than it may be. */
export const TOO_LONG = 'Raise maxLineLength to allow longer lines';

/** Takes a line: `bytes[start..end)` without its newline. `tooLong` says that only its beginning is there; `line` is the number of its first line, where records are not lines. */
export type TakeLine = (bytes: Uint8Array, start: number, end: number, tooLong: boolean, line?: number) => void;

/** Cuts chunks into lines or records, and hands them to a {@link TakeLine}. */
export interface Splitter {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** Cuts chunks, wherever they are cut themselves, into lines. Holds no more than one line's beginning, of `maxLineLength` bytes. */
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

  /** A further chunk. None of it is kept but a copy of its last, unfinished line. */
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

  /** The end of the text: its last line may have no newline. */
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
