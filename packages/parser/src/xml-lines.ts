import { fail } from './error.js';
import { MAX_LINE_LENGTH } from './lines.js';
import type { ParseOptions } from './options.js';
import { StringReader, type StringRecord } from './string-reader.js';
import { type Element, parseElement } from './xml-tree.js';

/** Lines that are around the flows. */
const AROUND = /^\s*(?:<\?xml [^<>]*\?>|<\/?(?:conntrack|expect)>)?\s*$/;

/** What is made of a `<flow>`. */
export type ReadElement<T> = (line: string, root: Element) => StringRecord<T>;

/** Reads the elements of an XML text; those over several lines (an editor's doing) too, as long as they are not longer than a line may be. */
export class XmlReader<T> extends StringReader<T> {
  #open = '';
  readonly #options: ParseOptions;
  readonly #make: ReadElement<T>;

  constructor(options: ParseOptions, make: ReadElement<T>) {
    super(line => this.#line(line));
    this.#options = options;
    this.#make = make;
  }

  #line(line: string): StringRecord<T> | null {
    if (this.#open === '') {
      if (AROUND.test(line)) return null;
      const start = line.search(/\S|$/);
      if (!line.startsWith('<flow', start)) fail('ELEMENT_EXPECTED', start, '<flow>');
    }
    const whole = `${this.#open}${line}\n`;
    const { maxLineLength = MAX_LINE_LENGTH, maxPairs = 256 } = this.#options;
    const closed = line.includes('</flow>');
    this.#open = closed || whole.length > maxLineLength ? '' : whole;
    if (this.#open !== '') return null;
    if (!closed) fail('LINE_TOO_LONG', 0, `at most ${maxLineLength} characters in a flow`);
    const text = whole.trimStart().slice(0, -1);
    return this.#make(text, parseElement(text, maxPairs));
  }

  finish(): void {
    if (this.#open !== '') fail('ELEMENT_EXPECTED', 0, '</flow>');
  }
}
