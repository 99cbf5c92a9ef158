import { decode, encode, NEWLINE } from '../core/bytes.js';
import type { TakeLine } from '../core/line-splitter.js';

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN = 123;
const CLOSE = 125;

/** The beginning of a page of the API. */
const PAGE = /^\{\s*"items"\s*:\s*$/;
/** A record that marks the beginning of a document. Others mark the end of a page, with its `next`, and a document that is cut off. */
export const DOCUMENT_RECORD = '{"type":"document"}';
const PAGE_RECORD = encode('{"type":"page"');
export const CUT_RECORD = '{"type":"cut"}';

const isSpace = (byte: number): boolean => byte === 32 || byte === 9 || byte === 10 || byte === 13;

/** What may come next between two records: a value; a value or the end; a comma or the end. */
type Wanted = 'value' | 'first' | 'comma';

/**
 * Splits JSON documents into their records, in any layout and wherever the chunks are cut. Records are the objects of an array, of the
 * `items` of a page, or of a sequence of values.
 *
 * Keeps only the beginning of one record, at most `maxLength` bytes.
 */
export class JsonSplitter {
  readonly #take: TakeLine;
  readonly #maxLength: number;
  #line = 1;
  /** Whether a record is open, the line where it begins, its bytes so far, and the state of its text. */
  #open = false;
  #from = 1;
  #held: Uint8Array;
  #length = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** What encloses the records: nothing, an array, or the items of a page. */
  #around: 'none' | 'array' | 'page' = 'none';
  #wanted: Wanted = 'value';
  /** Whether text that is not JSON is skipped, up to where a record may begin. */
  #skipping = false;

  constructor(take: TakeLine, maxLength: number) {
    this.#take = take;
    this.#maxLength = maxLength;
    this.#held = new Uint8Array(Math.min(4096, maxLength));
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (byte === NEWLINE) this.#line++;
      if (!this.#open) {
        if (this.#between(chunk, i, byte)) start = i;
        // The end of a page is read together with the text before it.
        if (this.#open && byte === CLOSE_ARRAY) start = i + 1;
        continue;
      }
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inText = false;
      } else if (byte === QUOTE) this.#inText = true;
      else if (byte === OPEN || byte === OPEN_ARRAY) {
        if (byte === OPEN_ARRAY && this.#depth === 1 && this.#around === 'none' && this.#isPage(chunk, start, i))
          continue;
        this.#depth++;
      } else if ((byte === CLOSE || byte === CLOSE_ARRAY) && --this.#depth === 0) {
        this.#end(chunk, start, i + 1);
        start = i + 1;
      }
    }
    if (this.#open) this.#hold(chunk, start, chunk.length);
  }

  end(): void {
    if (!this.#open && this.#around === 'none') return;
    const record = encode(CUT_RECORD);
    this.#take(record, 0, record.length, false, this.#line);
  }

  /** Handles a byte between two records; returns whether a record begins with it. */
  #between(chunk: Uint8Array, at: number, byte: number): boolean {
    if (isSpace(byte)) return false;
    const inside = this.#around !== 'none';
    if (byte === OPEN && this.#wanted !== 'comma') {
      this.#begin(1);
      return true;
    }
    if (byte === OPEN_ARRAY && !inside) {
      this.#around = 'array';
      this.#wanted = 'first';
    } else if (byte === CLOSE_ARRAY && inside && this.#wanted !== 'value') {
      const page = this.#around === 'page';
      this.#around = 'none';
      this.#wanted = 'value';
      if (page) {
        this.#begin(1);
        this.#hold(PAGE_RECORD, 0, PAGE_RECORD.length);
      }
    } else if (byte === COMMA && inside && this.#wanted === 'comma') this.#wanted = 'value';
    else {
      if (!this.#skipping) this.#take(chunk, at, at + 1, false, this.#line);
      this.#skipping = true;
      // A record may begin after it.
      if (inside) this.#wanted = 'first';
      return false;
    }
    this.#skipping = false;
    return false;
  }

  #begin(depth: number): void {
    this.#open = true;
    this.#skipping = false;
    this.#from = this.#line;
    this.#length = 0;
    this.#depth = depth;
  }

  /** Whether the open object is a page whose items begin here, and so not a record. */
  #isPage(chunk: Uint8Array, start: number, end: number): boolean {
    if (this.#length + end - start > 64) return false;
    if (!PAGE.test(decode(this.#held, 0, this.#length) + decode(chunk, start, end))) return false;
    this.#open = false;
    this.#around = 'page';
    this.#wanted = 'first';
    return true;
  }

  #end(chunk: Uint8Array, start: number, end: number): void {
    this.#open = false;
    this.#wanted = this.#around === 'none' ? 'value' : 'comma';
    if (this.#length === 0) {
      this.#take(chunk, start, Math.min(end, start + this.#maxLength), end - start > this.#maxLength, this.#from);
      return;
    }
    const tooLong = this.#length + end - start > this.#maxLength;
    this.#hold(chunk, start, end);
    this.#take(this.#held, 0, Math.min(this.#length, this.#maxLength), tooLong, this.#from);
  }

  /** Keeps a part of the open record, as far as there is room. `#length` counts all of it. */
  #hold(chunk: Uint8Array, start: number, end: number): void {
    const at = Math.min(this.#length, this.#maxLength);
    const size = Math.min(end - start, this.#maxLength - at);
    if (at + size > this.#held.length) {
      const larger = new Uint8Array(Math.min(this.#maxLength, (at + size) * 2));
      larger.set(this.#held);
      this.#held = larger;
    }
    this.#held.set(chunk.subarray(start, start + size), at);
    this.#length += end - start;
  }
}
