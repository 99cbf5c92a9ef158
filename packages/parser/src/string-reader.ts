import type { FlowEventType } from '@conntrack/flow';
import { decode } from './bytes.js';
import type { Fault, ParseErrorCode } from './error.js';
import type { RecordReader } from './flow-reader.js';

/** A fault as a value: what readers of whole strings answer in place of a record. */
export class LineFault implements Fault {
  constructor(
    readonly code: ParseErrorCode,
    readonly at: number,
    readonly expected: string,
  ) {}
}

/** A record of the formats that are read as strings, with what happened to it. */
export interface StringRecord<T> {
  record: T;
  event?: FlowEventType | undefined;
  time?: string | undefined;
}

/** Reads one line; `null` where it says nothing. */
export type ReadString<T> = (line: string) => StringRecord<T> | null | LineFault;

/** Makes a reader of lines out of a function on strings. */
export class StringReader<T> implements RecordReader<T> {
  event: FlowEventType | undefined;
  time: string | undefined;
  fault: Fault = new LineFault('FORMAT_UNKNOWN', 0, '');
  readonly #read: ReadString<T>;

  /** The fault of what the end of the text leaves open. */
  readonly finish: () => Fault | undefined;

  constructor(read: ReadString<T>, finish: () => Fault | undefined = () => undefined) {
    this.#read = read;
    this.finish = finish;
  }

  read(bytes: Uint8Array, start: number, end: number): T | null | undefined {
    return this.readString(decode(bytes, start, end));
  }

  /** The same from a string. */
  readString(line: string): T | null | undefined {
    const result = this.#read(line);
    if (result === null) return null;
    if (result instanceof LineFault) {
      this.fault = result;
      return undefined;
    }
    this.event = result.event;
    this.time = result.time;
    return result.record;
  }
}

const decimal = /^(?:0|[1-9]\d{0,15})$/;

/** A decimal number as printf(3) writes it, 0 to `max`; −1 when the text is none. */
export const readNumber = (text: string | undefined, max: number): number =>
  text !== undefined && decimal.test(text) && Number(text) <= max ? Number(text) : -1;
