import { decode, encode } from '../core/bytes.js';
import { LineSplitter, type Splitter, type TakeLine } from '../core/line-splitter.js';
import { formatSaid, type ParseOptions } from '../core/options.js';
import { DOCUMENT_RECORD, JsonSplitter } from '../ndjson/document-splitter.js';

/** Number of bytes that tell whether a text is a JSON document. */
const HEAD = 64;
/**
 * The beginning of a JSON document: an array of objects, a page of the API, or an object over several lines. A line of an event also begins
 * with a bracket.
 */
const DOCUMENT = /^\s*(?:\[\s*(?:[{\]]|\n)|\{\s*"items"\s*:\s*\[|\{[^\S\n]*\n)/;

/** Splits a text into records: lines, or the objects of a JSON document. The first bytes of the text decide which. */
export class AnySplitter implements Splitter {
  readonly #take: TakeLine;
  readonly #maxLength: number;
  readonly #said: boolean | undefined;
  #splitter: Splitter | undefined;
  #head = new Uint8Array(0);

  constructor(take: TakeLine, maxLength: number, options: ParseOptions) {
    this.#take = take;
    this.#maxLength = maxLength;
    const said = formatSaid(options);
    this.#said = said === undefined ? undefined : said === 'json';
  }

  push(chunk: Uint8Array): void {
    if (this.#splitter !== undefined) {
      this.#splitter.push(chunk);
      return;
    }
    const head = new Uint8Array(this.#head.length + chunk.length);
    head.set(this.#head);
    head.set(chunk, this.#head.length);
    this.#head = head;
    if (head.length >= HEAD || this.#said !== undefined) this.#choose();
  }

  end(): void {
    if (this.#splitter === undefined) this.#choose();
    this.#splitter!.end();
  }

  #choose(): void {
    const head = this.#head;
    // The decoder removes a byte order mark.
    const isDocument = this.#said ?? DOCUMENT.test(decode(head, 0, Math.min(head.length, HEAD)));
    this.#splitter = new (isDocument ? JsonSplitter : LineSplitter)(this.#take, this.#maxLength);
    this.#head = new Uint8Array(0);
    // This record chooses the reader.
    const begin = encode(DOCUMENT_RECORD);
    if (isDocument) this.#take(begin, 0, begin.length, false, 1);
    const marked = isDocument && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
    this.#splitter.push(marked ? head.subarray(3) : head);
  }
}
