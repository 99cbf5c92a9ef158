/**
 * Every code that a {@link ParseError} can have:
 *
 * - `FORMAT_UNKNOWN`: the text has no known format;
 * - `LINE_TOO_LONG`: the line is longer than `maxLineLength` bytes;
 * - `TOO_MANY_PAIRS`: the line has more tokens than `maxPairs`;
 * - `PROTOCOL_EXPECTED`: a protocol or its number is missing or wrong;
 * - `STATE_EXPECTED`: the protocol has no such state;
 * - `PAIR_EXPECTED`: a word is neither `key=value` nor a flag, or a key occurs twice or in the wrong place;
 * - `NUMBER_EXPECTED`: a number is missing, has another notation, or is out of range;
 * - `ADDRESS_EXPECTED`: an address is missing, malformed, or of the other family;
 * - `TUPLE_EXPECTED`: a tuple is missing;
 * - `TAG_EXPECTED`: an event tag or time is missing or wrong;
 * - `ENTRY_EXPECTED`: the text has an event, but only entries of a table are allowed;
 * - `NOTHING_READ`: in tolerant mode, all lines of a capture are bad;
 * - `OPTION_EXPECTED`: an option of `-o save` is unknown, incomplete or given twice;
 * - `ELEMENT_EXPECTED`: an XML element is missing, unknown or not closed;
 * - `JSON_EXPECTED`: the line is not JSON;
 * - `FIELD_EXPECTED`: a field of a JSON record is missing or has another type.
 */
export type ParseErrorCode =
  | 'FORMAT_UNKNOWN'
  | 'LINE_TOO_LONG'
  | 'TOO_MANY_PAIRS'
  | 'PROTOCOL_EXPECTED'
  | 'STATE_EXPECTED'
  | 'PAIR_EXPECTED'
  | 'NUMBER_EXPECTED'
  | 'ADDRESS_EXPECTED'
  | 'TUPLE_EXPECTED'
  | 'TAG_EXPECTED'
  | 'ENTRY_EXPECTED'
  | 'NOTHING_READ'
  | 'OPTION_EXPECTED'
  | 'ELEMENT_EXPECTED'
  | 'JSON_EXPECTED'
  | 'FIELD_EXPECTED';

/**
 * The kind and place of a fault in a line. Line readers throw it, and it becomes a `ParseError` later. It is not an `Error`, so that a bad
 * line costs no stack trace.
 */
export class Fault {
  constructor(
    readonly code: ParseErrorCode,
    /** Index of the character in the line, from 0. While a line is read as bytes, the index of the byte. */
    public at: number,
    /** What would have been correct there. */
    readonly expected: string,
    /** What to do about it, as a sentence, if known. */
    public hint?: string,
  ) {}

  /** For records of several lines: how many lines the fault is above the current line, and the text of that line. */
  above = 0;
  text: string | undefined;
}

/** Stops reading a line with a fault. */
export function fail(code: ParseErrorCode, at: number, expected: string, hint?: string): never {
  throw new Fault(code, at, expected, hint);
}

/**
 * Makes text safe for a terminal, without changing its length: control characters become their pictures (U+2400 …), characters that change
 * the direction of text and invalid bytes become U+FFFD, white space becomes spaces.
 */
const printable = (text: string): string =>
  text
    .replace(/\s/g, ' ')
    .replace(/[\0-\x1f]/g, control => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]/g, '\ufffd');

/** Maximum number of characters that a snippet shows of a line. */
const SNIPPET = 160;

/** Thrown for a line that its format does not allow. */
export class ParseError extends Error {
  override readonly name = 'ParseError';

  constructor(
    /** Stable code of the kind of fault, see {@link ParseErrorCode}. */
    readonly code: ParseErrorCode,
    /** Number of the line in the text, from 1. */
    readonly line: number,
    /** Number of the character in the line, from 1. */
    readonly column: number,
    /** What would have been correct at that place. */
    readonly expected: string,
    /** The line; cut at `maxLineLength` if it was longer. */
    readonly text: string,
    /** What to do about it, if known: a sentence without its full stop. */
    readonly hint?: string,
  ) {
    super(`line ${line}, column ${column}: expected ${expected}${hint === undefined ? '' : `. ${hint}`}`);
  }

  /** The line (an excerpt of a long line), and below it a caret at the column. */
  get snippet(): string {
    const from = Math.max(0, Math.min(this.column - 1 - SNIPPET / 2, this.text.length - SNIPPET));
    const shown = printable(this.text.slice(from, from + SNIPPET));
    return `${shown}\n${' '.repeat(this.column - 1 - from)}^`;
  }
}
