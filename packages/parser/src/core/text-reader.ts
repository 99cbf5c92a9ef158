import { checkKeys } from '@conntrack/flow/checks';
import { decode, encode, RETURN, standsAt } from './bytes.js';
import { Fault, fail, ParseError } from './error.js';
import { LineSplitter, MAX_LINE_LENGTH, type Splitter, type TakeLine, TOO_LONG } from './line-splitter.js';
import type { ParseOptions, Progress } from './options.js';
import { READ } from './reader-options.js';
import type { RecordReader } from './record-reader.js';
import { TRAILER } from './trailer.js';

/** How a kind of record is read: how its reader is chosen by the first line with content, and what its records become. */
export interface Kind<T, R> {
  /** Returns the reader; `undefined` if the line has no known format. */
  choose: (line: string, options: ParseOptions) => RecordReader<T> | undefined;
  /** What an error expects where a text has no known format. */
  expected: string;
  /** Splits the text into records, for formats whose records are not lines. */
  split?: (take: TakeLine, maxLength: number, options: ParseOptions) => Splitter;
  /** Makes the result; `undefined` if the record gives none (a flow without an event where events are read). */
  make: (record: T, reader: RecordReader<T>) => R | undefined;
}

/** U+FEFF in UTF-8, byte by byte. */
const MARK = '\xef\xbb\xbf';

/** Reads chunks of text into records. All parsers are built on it. */
export class TextReader<T, R> implements Progress {
  lines = 0;
  badLines = 0;
  readonly #kind: Kind<T, R>;
  readonly #options: ParseOptions;
  readonly #splitter: Splitter;
  #reader: RecordReader<T> | undefined;
  #half = '';
  #records: R[] = [];

  constructor(kind: Kind<T, R>, options: ParseOptions = {}) {
    checkKeys('parse', options, READ);
    this.#kind = kind;
    this.#options = options;
    const { split = (take: TakeLine, maxLength: number): Splitter => new LineSplitter(take, maxLength) } = kind;
    this.#splitter = split(
      (bytes, start, end, tooLong, line) => {
        this.lines = line ?? this.lines + 1;
        this.#line(bytes, start, end, tooLong);
      },
      options.maxLineLength ?? MAX_LINE_LENGTH,
      options,
    );
  }

  /** Takes the next chunk. @throws ParseError in strict mode */
  push(chunk: Uint8Array | string): void {
    if (typeof chunk !== 'string') {
      this.#splitter.push(chunk);
      return;
    }
    const text = this.#half + chunk;
    // The first half of a surrogate pair waits for the second.
    const whole = (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800 ? text.length - 1 : text.length;
    this.#half = text.slice(whole);
    this.#splitter.push(encode(text.slice(0, whole)));
  }

  /** Ends the text. @throws ParseError in strict mode */
  end(): void {
    this.#splitter.push(encode(this.#half));
    this.#splitter.end();
    try {
      this.#reader?.finish?.();
    } catch (error) {
      this.#bad(error, '', true);
      return;
    }
    this.#takeMore(encode(''), 0, 0, true);
  }

  /** Returns the records that were read since the last call. */
  taken(): R[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #line(bytes: Uint8Array, from: number, stop: number, tooLong: boolean): void {
    let start = from;
    const end = stop > start && bytes[stop - 1] === RETURN && !tooLong ? stop - 1 : stop;
    // Editors on Windows put a byte order mark at the beginning of a text; joined texts have several.
    if (standsAt(bytes, start, end, MARK)) start += MARK.length;
    // A reader with `more` joins lines itself, and also gets empty lines.
    if (end === start && this.#reader?.more === undefined) return;
    try {
      if (tooLong && this.#reader?.more !== undefined) this.#take(this.#reader.read(bytes, start, start, this.lines));
      if (tooLong) fail('LINE_TOO_LONG', decode(bytes, start, end).length, `at most ${end - start} bytes`, TOO_LONG);
      const { choose, expected } = this.#kind;
      this.#reader ??= choose(decode(bytes, start, end), this.#options) ?? fail('FORMAT_UNKNOWN', 0, expected);
      this.#take(this.#reader.read(bytes, start, end, this.lines));
    } catch (error) {
      this.#bad(error, decode(bytes, start, end), tooLong);
    }
    if (this.#reader?.more !== undefined) this.#takeMore(bytes, start, end, tooLong);
  }

  /** Takes the further records that the reader returns for a line. */
  #takeMore(bytes: Uint8Array, start: number, end: number, always: boolean): void {
    while (this.#reader?.more !== undefined)
      try {
        if (!this.#take(this.#reader.more())) break;
      } catch (error) {
        this.#bad(error, decode(bytes, start, end), always);
      }
  }

  #take(record: T | null): boolean {
    if (record === null) return false;
    const { make } = this.#kind;
    this.#records.push(make(record, this.#reader!) ?? fail('TAG_EXPECTED', 0, 'an event: new, update or destroy'));
    return true;
  }

  /** Handles a fault. Blank lines and what conntrack(8) prints to stderr are not faults. */
  #bad(fault: unknown, line: string, always: boolean): void {
    if (!(fault instanceof Fault)) throw fault;
    const { code, at, expected, text = line, hint } = fault;
    if (!always && (text.trim() === '' || TRAILER.test(text))) return;
    this.badLines++;
    const error = new ParseError(code, this.lines - fault.above, at + 1, expected, text, hint);
    this.#options.onBadLine?.(error);
    if (this.#options.mode !== 'tolerant') throw error;
  }
}
