import type { FlowEventType } from '@conntrack/flow';
import { decode } from './bytes.js';
import type { RecordReader } from './record-reader.js';

/** A record of a format that is read as strings, with the type and time of its event. */
export interface StringRecord<T> {
  record: T;
  event?: FlowEventType | undefined;
  time?: string | undefined;
}

/** Reads one line; returns `null` for a line without a record. Throws a `Fault`. */
export type ReadString<T> = (line: string) => StringRecord<T> | null;

/** Makes a line reader from a function on strings. */
export class StringReader<T> implements RecordReader<T> {
  event: FlowEventType | undefined;
  time: string | undefined;
  readonly #read: ReadString<T>;

  constructor(read: ReadString<T>) {
    this.#read = read;
  }

  read(bytes: Uint8Array, start: number, end: number): T | null {
    const result = this.#read(decode(bytes, start, end));
    if (result === null) return null;
    this.event = result.event;
    this.time = result.time;
    return result.record;
  }
}

const decimal = /^(?:0|[1-9]\d{0,15})$/;

/** Parses a decimal number as printf(3) writes it, 0 to `max`; returns −1 for other text. */
export const readNumber = (text = '', max: number): number =>
  decimal.test(text) && Number(text) <= max ? Number(text) : -1;
