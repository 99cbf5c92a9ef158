import type { FlowEventType } from '@conntrack/flow';
import type { ParseOptions } from './options.js';
import { LineFault, type ReadString, type StringRecord } from './string-reader.js';
import { type Element, parseElement } from './xml-tree.js';

const EVENTS: ReadonlySet<unknown> = new Set(['new', 'update', 'destroy']);

/** What a `<flow type="…">` says happened. */
export const eventOf = ({ attributes }: Element): FlowEventType | undefined =>
  EVENTS.has(attributes.type) ? (attributes.type as FlowEventType) : undefined;

/** Lines that are around the flows. */
const AROUND = /^\s*(?:<\?xml [^<>]*\?>|<\/?(?:conntrack|expect)>)?\s*$/;

type MakeRecord<T> = (line: string, root: Element) => StringRecord<T> | LineFault;

/** Reads the elements of an XML text; those over several lines (an editor's doing) too, as long as they are not longer than a line may be. */
export class XmlLines<T> {
  #open: string[] = [];
  #length = 0;
  readonly #longest: number;
  readonly #limit: number;
  readonly #make: MakeRecord<T>;

  constructor(options: ParseOptions, longest: number, make: MakeRecord<T>) {
    this.#longest = longest;
    this.#limit = options.maxPairs ?? 256;
    this.#make = make;
  }

  /** One further line. */
  readonly read: ReadString<T> = line => {
    if (this.#open.length === 0) {
      if (AROUND.test(line)) return null;
      const start = line.length - line.trimStart().length;
      if (!line.startsWith('<flow', start)) return new LineFault('ELEMENT_EXPECTED', start, '<flow>');
    }
    this.#open.push(line);
    this.#length += line.length + 1;
    const closed = line.includes('</flow>');
    if (!closed && this.#length <= this.#longest) return null;
    const whole = this.#open.join('\n').trimStart();
    this.#open = [];
    this.#length = 0;
    if (!closed) return new LineFault('LINE_TOO_LONG', 0, `at most ${this.#longest} characters in a flow`);
    const root = parseElement(whole, 0, this.#limit);
    return root instanceof LineFault ? root : this.#make(whole, root);
  };

  /** What the end of the text leaves open. */
  finish(): LineFault | undefined {
    return this.#open.length === 0 ? undefined : new LineFault('ELEMENT_EXPECTED', 0, '</flow>');
  }
}
