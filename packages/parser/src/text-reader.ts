import { decode, encode, RETURN } from './bytes.js';
import { Fault, fail, ParseError } from './error.js';
import { LineSplitter, MAX_LINE_LENGTH } from './lines.js';
import type { ParseOptions, Progress } from './options.js';
import type { RecordReader } from './reader.js';
import { TRAILER } from './shapes.js';

/** What is read of what: how the reader is chosen by the first line that says something, and what its records become. */
export interface Kind<T, R> {
  /** The reader; `undefined` where the line is of no known format. */
  choose: (line: string, options: ParseOptions) => RecordReader<T> | undefined;
  /** What stands in the error of a text of no known format. */
  expected: string;
  /** The result; `undefined` where the record is none (a flow without an event, where events are read). */
  make: (record: T, reader: RecordReader<T>) => R | undefined;
}

/** Text in chunks to records: what all front doors share. */
export class TextReader<T, R> implements Progress {
  lines = 0;
  badLines = 0;
  readonly #kind: Kind<T, R>;
  readonly #options: ParseOptions;
  readonly #splitter: LineSplitter;
  #reader: RecordReader<T> | undefined;
  #half = '';
  #records: R[] = [];

  constructor(kind: Kind<T, R>, options: ParseOptions = {}) {
    this.#kind = kind;
    this.#options = options;
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
    const text = this.#half + chunk;
    // The first half of a character of two waits for the second.
    const whole = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800 ? text.length - 1 : text.length;
    this.#half = text.slice(whole);
    this.#splitter.push(encode(text.slice(0, whole)));
  }

  /** The end of the text. @throws ParseError in strict mode. */
  end(): void {
    this.#splitter.push(encode(this.#half));
    this.#splitter.end();
    try {
      this.#reader?.finish?.();
    } catch (error) {
      this.#bad(error, '', true);
    }
  }

  /** What was read since the last time. */
  taken(): R[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #line(bytes: Uint8Array, start: number, stop: number, tooLong: boolean): void {
    this.lines++;
    const end = stop > start && bytes[stop - 1] === RETURN && !tooLong ? stop - 1 : stop;
    if (end === start) return;
    try {
      if (tooLong) fail('LINE_TOO_LONG', decode(bytes, start, end).length, `at most ${end - start} bytes`);
      const { choose, expected, make } = this.#kind;
      this.#reader ??= choose(decode(bytes, start, end), this.#options) ?? fail('FORMAT_UNKNOWN', 0, expected);
      const record = this.#reader.read(bytes, start, end);
      if (record !== null)
        this.#records.push(make(record, this.#reader) ?? fail('TAG_EXPECTED', 0, 'an event: new, update or destroy'));
    } catch (error) {
      this.#bad(error, decode(bytes, start, end), tooLong);
    }
  }

  /** Blank lines and what conntrack(8) prints to stderr are no faults. */
  #bad(fault: unknown, line: string, always: boolean): void {
    if (!(fault instanceof Fault)) throw fault;
    if (!always && (line.trim() === '' || TRAILER.test(line))) return;
    this.badLines++;
    const error = new ParseError(fault.code, this.lines, fault.at + 1, fault.expected, line);
    this.#options.onBadLine?.(error);
    if (this.#options.mode !== 'tolerant') throw error;
  }
}
