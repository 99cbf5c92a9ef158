import { decode, encode, RETURN } from './bytes.js';
import { type Fault, ParseError } from './error.js';
import type { RecordReader } from './flow-reader.js';
import { LineSplitter, MAX_LINE_LENGTH } from './lines.js';
import type { ParseOptions, Progress } from './options.js';
import { TRAILER } from './trailer.js';

/** Characters of a string that are encoded at once. */
const PIECE = 65536;

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Chooses the reader by the first line that says something; `undefined` where the line is of no known format. */
export type ChooseReader<T> = (line: string) => RecordReader<T> | undefined;

/** Text in chunks to records: what all front doors share. */
export class TextReader<T> implements Progress {
  lines = 0;
  badLines = 0;
  readonly #options: ParseOptions;
  readonly #choose: ChooseReader<T>;
  readonly #splitter: LineSplitter;
  readonly #take: (record: T) => void;
  readonly #unknown: Fault;
  #reader: RecordReader<T> | undefined;
  #half = '';

  constructor(options: ParseOptions, choose: ChooseReader<T>, expected: string, take: (record: T) => void) {
    this.#options = options;
    this.#choose = choose;
    this.#take = take;
    this.#unknown = { code: 'FORMAT_UNKNOWN', at: 0, expected };
    this.#splitter = new LineSplitter(
      (bytes, start, end, tooLong) => this.#line(bytes, start, end, tooLong),
      options.maxLineLength ?? MAX_LINE_LENGTH,
    );
  }

  /** A further chunk. @throws ParseError in strict mode. */
  push(chunk: Uint8Array | string): void {
    if (typeof chunk !== 'string') {
      this.#splitter.push(chunk);
      return;
    }
    let text = this.#half + chunk;
    this.#half = '';
    for (let from = 0; from < text.length; ) {
      let to = Math.min(from + PIECE, text.length);
      if (isHighSurrogate(text.charCodeAt(to - 1))) to--;
      if (to === from) {
        this.#half = text.slice(from);
        text = '';
        break;
      }
      this.#splitter.push(encode(text.slice(from, to)));
      from = to;
    }
  }

  /** The end of the text. @throws ParseError in strict mode. */
  end(): void {
    if (this.#half !== '') this.#splitter.push(encode(this.#half));
    this.#half = '';
    this.#splitter.end();
    const fault = this.#reader?.finish?.();
    if (fault !== undefined) this.#bad(fault, '');
  }

  #line(bytes: Uint8Array, start: number, stop: number, tooLong: boolean): void {
    this.lines++;
    if (tooLong) {
      const line = decode(bytes, start, stop);
      this.#bad({ code: 'LINE_TOO_LONG', at: line.length, expected: `at most ${stop - start} bytes` }, line);
      return;
    }
    let end = stop;
    if (end > start && bytes[end - 1] === RETURN) end--;
    if (end === start) return;
    if (this.#reader === undefined) {
      const line = decode(bytes, start, end);
      if (line.trim() === '') return;
      this.#reader = TRAILER.test(line) ? undefined : this.#choose(line);
      if (this.#reader === undefined) {
        if (!TRAILER.test(line)) this.#bad(this.#unknown, line);
        return;
      }
    }
    const record = this.#reader.read(bytes, start, end);
    if (record) this.#take(record);
    else if (record === undefined) {
      const line = decode(bytes, start, end);
      if (line.trim() === '' || TRAILER.test(line)) return;
      this.#bad(this.#reader.fault, line);
    }
  }

  #bad(fault: Fault, line: string): void {
    this.badLines++;
    const error = new ParseError(fault.code, this.lines, fault.at + 1, fault.expected, line);
    this.#options.onBadLine?.(error);
    if (this.#options.mode !== 'tolerant') throw error;
  }
}
