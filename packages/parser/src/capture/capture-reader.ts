import type { Flow, FlowEventType } from '@conntrack/flow';
import { decode, encode } from '../core/bytes.js';
import { Fault } from '../core/error.js';
import { MAX_LINE_LENGTH } from '../core/line-splitter.js';
import type { ParseOptions } from '../core/options.js';
import type { RecordReader } from '../core/record-reader.js';
import { StringReader } from '../core/string-reader.js';
import { TRAILER } from '../core/trailer.js';
import { OVS, readOvs } from '../ovs/read-ovs.js';
import { chooseAnyReader } from '../read/all-readers.js';
import { captureHint } from './hints.js';
import { tidyLine } from './tidy-line.js';

/** What an error expects where a text has no known format. */
export const EXPECTED =
  'entries: /proc/net/nf_conntrack, conntrack(8), -o save, -o xml, NDJSON, a JSON array or page, CSV, Open vSwitch’s dpctl/dump-conntrack';

/** Maximum number of lines that one record may be wrapped to. */
const MOST_WRAPPED = 32;

/** A line, or the rest of one, in the text of a record. */
interface Part {
  /** Index in the record's text where this part begins. */
  from: number;
  /** The line's number and its full text. */
  line: number;
  raw: string;
  place(at: number): number;
}

/** The text of a record, and its lines. */
interface Piece {
  text: string;
  parts: readonly Part[];
}

type Outcome = { record: Flow; event: FlowEventType | undefined; time: string | undefined } | Fault;

/** Chooses the reader of a text by its first line with content. */
function choose(line: string, options: ParseOptions): RecordReader<Flow> | undefined {
  return OVS.test(line) ? new StringReader(readOvs(options)) : chooseAnyReader(line, options);
}

/**
 * Reads lines that went through terminals, logs, e-mails and other programs.
 *
 * Well-formed lines cost almost nothing extra: only bad lines are looked at again. Each record is held back until the next line is known
 * not to be a continuation of it.
 */
export class CaptureReader implements RecordReader<Flow> {
  event: FlowEventType | undefined;
  time: string | undefined;
  readonly #options: ParseOptions;
  /** Returns the fault of an event, if only entries of a table are allowed. */
  readonly #refuse: (event: FlowEventType | undefined) => Fault | undefined;
  #inner: RecordReader<Flow> | undefined;
  #line = 0;
  /** The last record, or the fault of a text that the next line may continue. */
  #held: Outcome | undefined;
  /** The text of #held: a piece, or the bytes of one line. */
  #piece: Piece | undefined;
  #bytes: Uint8Array = new Uint8Array(512);
  #length = 0;
  #kept = 0;
  #ready: Outcome[] = [];
  /** Whether the format joins its lines itself (XML): then lines are passed on unchanged. */
  #through = false;

  constructor(options: ParseOptions, refuse: (event: FlowEventType | undefined) => Fault | undefined) {
    this.#options = options;
    this.#refuse = refuse;
  }

  read(bytes: Uint8Array, start: number, end: number, line = this.#line + 1): Flow | null {
    this.#line = line;
    this.#inner ??= this.#choose(tidyLine(decode(bytes, start, end))?.text);
    const inner = this.#inner;
    if (this.#through) return this.#checked(inner!.read(bytes, start, end));
    if (inner === undefined || !this.#plain(inner, bytes, start, end)) this.#look(decode(bytes, start, end));
    return this.more();
  }

  /** Chooses the reader by a line with content. */
  #choose(text: string | undefined): RecordReader<Flow> | undefined {
    const inner = text === undefined ? undefined : choose(text, this.#options);
    this.#through = inner?.more !== undefined;
    return inner;
  }

  /** Reads a well-formed line; returns false if the line is not. */
  #plain(inner: RecordReader<Flow>, bytes: Uint8Array, start: number, end: number): boolean {
    try {
      const record = inner.read(bytes, start, end);
      if (record === null) return true;
      this.#hold(this.#outcome(record));
      this.#keep(bytes, start, end);
      return true;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return false;
    }
  }

  more(): Flow | null {
    if (this.#through) return this.#checked(this.#inner!.more!());
    const outcome = this.#ready.shift();
    if (outcome === undefined) return null;
    if (outcome instanceof Fault) {
      // The fault counts its line from the current one upwards.
      outcome.above = this.#line - outcome.above;
      throw outcome;
    }
    this.event = outcome.event;
    this.time = outcome.time;
    return outcome.record;
  }

  finish(): void {
    if (this.#through) this.#inner!.finish?.();
    else this.#hold(undefined);
  }

  #checked(record: Flow | null): Flow | null {
    if (record === null) return null;
    const { event, time } = this.#inner!;
    const fault = this.#refuse(event);
    if (fault !== undefined) throw fault;
    this.event = event;
    this.time = time;
    return record;
  }

  #outcome(record: Flow): Outcome {
    const { event, time } = this.#inner!;
    const fault = this.#refuse(event);
    if (fault !== undefined) throw fault;
    return { record, event, time };
  }

  /** Releases the held record, and holds this one. */
  #hold(outcome: Outcome | undefined): void {
    if (this.#held !== undefined) this.#ready.push(this.#held);
    this.#held = outcome;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#piece = undefined;
    this.#kept = this.#line;
    this.#length = end - start;
    if (this.#length > this.#bytes.length) this.#bytes = new Uint8Array(this.#length * 2);
    this.#bytes.set(bytes.subarray(start, end));
  }

  /** Handles a line that cannot be read as it is. */
  #look(raw: string): void {
    const tidy = tidyLine(raw);
    if (tidy === undefined || TRAILER.test(tidy.text)) return;
    const { text, starts, open, place } = tidy;
    const part: Part = { from: 0, line: this.#line, raw, place };
    const piece = { text, parts: [part] };
    if (!starts && this.#join(part, text, open)) return;
    const outcome = this.#try(piece);
    if (outcome === null) return;
    if (outcome instanceof Fault && !starts) outcome.hint ??= captureHint(raw, outcome);
    this.#hold(outcome);
    this.#piece = piece;
    // A text that may continue is held. A text that does not begin like a record is a fault at once.
    if (outcome instanceof Fault && !starts && !open) this.#hold(undefined);
  }

  /** Reads a record. Returns the record, the fault of its text with its place, or nothing. */
  #try({ text, parts }: Piece): Outcome | null {
    try {
      this.#inner ??= this.#choose(text);
      const inner = this.#inner;
      if (inner === undefined) throw new Fault('FORMAT_UNKNOWN', 0, EXPECTED);
      const bytes = encode(text);
      const record = inner.read(bytes, 0, bytes.length);
      return record && this.#outcome(record);
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault;
      const part = parts.findLast(({ from }) => from <= fault.at) ?? parts[0]!;
      fault.at = part.place(fault.at - part.from);
      fault.above = part.line;
      fault.text = part.raw;
      return fault;
    }
  }

  /** Reads a line as the continuation of the record above it. Returns false if it is not certain that it is one. */
  #join(part: Part, text: string, open: boolean): boolean {
    const held = this.#held;
    if (held === undefined) return false;
    const before = this.#piece ?? this.#keptPiece();
    if (before.parts.length >= MOST_WRAPPED || before.text.length + text.length > MAX_LINE_LENGTH) return false;
    const spaced = joined(before, ' ', part, text);
    let outcome = this.#try(spaced);
    let piece = spaced;
    if (held instanceof Fault) {
      // The line may have been cut within a word.
      const glued = joined(before, '', part, text);
      if (outcome instanceof Fault) {
        const other = this.#try(glued);
        if (!(other instanceof Fault) || later(other, outcome)) {
          outcome = other;
          piece = glued;
        }
      }
      // Joining gained nothing if the fault is still where it was.
      if (outcome instanceof Fault && !open && !later(outcome, held)) return false;
    } else if (outcome instanceof Fault || outcome === null || extras(outcome) !== extras(held)) return false;
    if (outcome === null) return false;
    this.#held = outcome;
    this.#piece = piece;
    return true;
  }

  #keptPiece(): Piece {
    const raw = decode(this.#bytes, 0, this.#length);
    return { text: raw, parts: [{ from: 0, line: this.#kept, raw, place: at => at }] };
  }
}

const joined = (before: Piece, glue: string, part: Part, text: string): Piece => ({
  text: before.text + glue + text,
  parts: [...before.parts, { ...part, from: before.text.length + glue.length }],
});

/** Whether a fault is at a later place than another. */
const later = (one: Fault, other: Fault): boolean =>
  one.above > other.above || (one.above === other.above && one.at > other.at);

/** The number of unknown tokens of a record. A space at the end of a line does not count. */
const extras = (outcome: Outcome): number =>
  outcome instanceof Fault ? 0 : (outcome.record.extra ?? []).filter(({ text }) => text !== '').length;
