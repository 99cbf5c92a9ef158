/**
 * Every code that a {@link ParseError} can have:
 *
 * - `FORMAT_UNKNOWN`: the text is of no format that is known here;
 * - `LINE_TOO_LONG`: the line is longer than `maxLineLength` bytes;
 * - `TOO_MANY_PAIRS`: the line has more tokens than `maxPairs`;
 * - `PROTOCOL_EXPECTED`: a protocol or its number is missing or wrong;
 * - `STATE_EXPECTED`: the protocol has no such state;
 * - `PAIR_EXPECTED`: a word is neither `key=value` nor a flag, or a key stands twice or in the wrong place;
 * - `NUMBER_EXPECTED`: a number is missing, written in another way, or out of its range;
 * - `ADDRESS_EXPECTED`: an address is missing, malformed, or of the other family;
 * - `TUPLE_EXPECTED`: a tuple is missing;
 * - `TAG_EXPECTED`: an event tag or time is missing or wrong;
 * - `ENTRY_EXPECTED`: an event stands where an entry of a table is read;
 * - `NOTHING_READ`: bad lines are left out, and all of a capture's lines are bad;
 * - `OPTION_EXPECTED`: an option of `-o save` is unknown, incomplete or given twice;
 * - `ELEMENT_EXPECTED`: an XML element is missing, unknown or not closed;
 * - `JSON_EXPECTED`: the line is not JSON;
 * - `FIELD_EXPECTED`: a field of a JSON record is missing or of another type.
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

/** What went wrong where, before it is made an error. Thrown by what reads a line; it is not an error itself, so that a bad line costs no stack trace. */
export class Fault {
  constructor(
    readonly code: ParseErrorCode,
    /** Character of the line at which it was seen, from 0; of a line that is read as bytes, first the byte of the text. */
    public at: number,
    /** What would have been right there. */
    readonly expected: string,
    /** What to do about it, where that can be said: a sentence. */
    public hint?: string,
  ) {}

  /** Lines that its own is above the current one, and that line's text, where a record has several lines. */
  above = 0;
  text: string | undefined;
}

/** Ends the reading of a line. */
export function fail(code: ParseErrorCode, at: number, expected: string, hint?: string): never {
  throw new Fault(code, at, expected, hint);
}

/**
 * Text for a terminal, with as many characters: control characters become their pictures (U+2400 …), those that change the direction of text
 * and bytes that are not UTF-8 become U+FFFD, white space becomes spaces.
 */
const printable = (text: string): string =>
  text
    .replace(/\s/g, ' ')
    .replace(/[\0-\x1f]/g, control => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(/[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]/g, '\ufffd');

/** Longest part of a line that a snippet shows. */
const SNIPPET = 160;

/** A line that its format does not allow. */
export class ParseError extends Error {
  override readonly name = 'ParseError';

  constructor(
    /** Stable name of the kind of fault, see {@link ParseErrorCode}. */
    readonly code: ParseErrorCode,
    /** Line of the text, from 1. */
    readonly line: number,
    /** Character of the line, from 1. */
    readonly column: number,
    /** What would have been right at that place. */
    readonly expected: string,
    /** The line; cut at `maxLineLength` when it was longer. */
    readonly text: string,
    /** What to do about it, where that can be said: a sentence without its full stop. */
    readonly hint?: string,
  ) {
    super(`line ${line}, column ${column}: expected ${expected}${hint === undefined ? '' : `. ${hint}`}`);
  }

  /** The line (a window of it, when long) and below it a caret at the column. */
  get snippet(): string {
    const from = Math.max(0, Math.min(this.column - 1 - SNIPPET / 2, this.text.length - SNIPPET));
    const shown = printable(this.text.slice(from, from + SNIPPET));
    return `${shown}\n${' '.repeat(this.column - 1 - from)}^`;
  }
}
