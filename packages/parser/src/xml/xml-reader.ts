import type { FlowEventType } from '@conntrack/flow';
import { decode } from '../core/bytes.js';
import { Fault, fail } from '../core/error.js';
import { MAX_LINE_LENGTH, TOO_LONG } from '../core/line-splitter.js';
import type { ParseOptions } from '../core/options.js';
import type { RecordReader } from '../core/record-reader.js';
import type { StringRecord } from '../core/string-reader.js';
import { type Element, parseElement } from './element-tree.js';

/** The text around flows. */
const AROUND = /(?:\s+|<[?!][^<>]*>|<\/?(?:conntrack|expect)>)*/y;
const CLOSE = '</flow>';
/** Up to version 1.4.8, events have this after the element. */
const SUFFIX = /(?: \[USERSPACE\] portid=[^<\n]*)?/y;

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)![0];
};

/** Sets the place of a fault in a text of several lines, of which the current line is the last. */
function place(fault: Fault, text: string, start: number): void {
  const at = start + fault.at;
  const from = text.lastIndexOf('\n', at - 1) + 1;
  const lines = text.slice(from).split('\n');
  fault.at = at - from;
  fault.above = lines.length - 1;
  fault.text = lines[0]!;
}

/** Makes a record from a `<flow>` and the text after it. */
export type ReadElement<T> = (text: string, root: Element, suffix: string) => StringRecord<T>;

/** Reads the elements of an XML text, both several on one line and one over several lines. An element must not be longer than a line may be. */
export class XmlReader<T> implements RecordReader<T> {
  event: FlowEventType | undefined;
  time: string | undefined;
  /** Text that is not read yet, from the line with the open element on. */
  #text = '';
  #at = 0;
  /** Lines of the open element after `#text`, none of which ends it. They are not joined one by one, which would take quadratic time. */
  #lines: string[] = [];
  /** Number of characters in `#lines`, with one line end for each. */
  #waiting = 0;
  /** Index up to which the end of the open element was looked for. */
  #searched = 0;
  #inComment = false;
  readonly #options: ParseOptions;
  readonly #make: ReadElement<T>;

  constructor(options: ParseOptions, make: ReadElement<T>) {
    this.#options = options;
    this.#make = make;
  }

  read(bytes: Uint8Array, start: number, end: number): T | null {
    const line = this.#withoutComments(decode(bytes, start, end));
    if (this.#text === '') this.#text = line;
    else {
      this.#lines.push(line);
      this.#waiting += line.length + 1;
      const { maxLineLength = MAX_LINE_LENGTH } = this.#options;
      if (!line.includes(CLOSE) && this.#text.length + this.#waiting - this.#at <= maxLineLength) return null;
      this.#join();
    }
    return this.more();
  }

  #join(): void {
    if (this.#lines.length === 0) return;
    this.#text = `${this.#text}\n${this.#lines.join('\n')}`;
    this.#lines = [];
    this.#waiting = 0;
  }

  more(): T | null {
    if (this.#lines.length > 0) return null;
    const { maxLineLength = MAX_LINE_LENGTH, maxPairs = 256 } = this.#options;
    const text = this.#text;
    this.#at += matchAt(AROUND, text, this.#at).length;
    const at = this.#at;
    if (at === text.length) {
      this.#rest(at);
      return null;
    }
    const close = text.startsWith('<flow', at) ? text.indexOf(CLOSE, Math.max(at, this.#searched)) : -2;
    const end = close + CLOSE.length;
    try {
      if (close === -2) fail('ELEMENT_EXPECTED', 0, '<flow>');
      if ((close < 0 ? text.length : end) - at > maxLineLength)
        fail('LINE_TOO_LONG', 0, `at most ${maxLineLength} characters in a flow`, TOO_LONG);
      if (close < 0) {
        this.#searched = Math.max(at, text.length - CLOSE.length);
        return null;
      }
      const suffix = matchAt(SUFFIX, text, end);
      const element = text.slice(at, end);
      this.#at = end + suffix.length;
      const { record, event, time } = this.#make(element, parseElement(element, maxPairs), suffix);
      this.event = event;
      this.time = time;
      return record;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      place(error, text, at);
      if (this.#at === at) this.#rest(text.length);
      throw error;
    }
  }

  finish(): void {
    this.#join();
    if (this.#text === '' && !this.#inComment) return;
    const fault = new Fault('ELEMENT_EXPECTED', 0, this.#inComment ? '-->' : CLOSE);
    place(fault, this.#text, this.#at);
    throw fault;
  }

  /** Keeps the text after `at`. */
  #rest(at: number): void {
    this.#text = this.#text.slice(at);
    this.#at = 0;
    this.#searched = 0;
  }

  /** Replaces comments by spaces, so that all indexes stay the same. */
  #withoutComments(line: string): string {
    let text = '';
    for (let at = 0; at < line.length; ) {
      const found = line.indexOf(this.#inComment ? '-->' : '<!--', at);
      const end = found < 0 ? line.length : found + (this.#inComment ? 3 : 0);
      text += this.#inComment ? ' '.repeat(end - at) : line.slice(at, end);
      if (found >= 0) this.#inComment = !this.#inComment;
      at = end;
    }
    return text;
  }
}
