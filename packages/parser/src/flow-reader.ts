import type { Flow, FlowEventType } from '@conntrack/flow';
import { decode, OPEN_BRACKET, SPACE } from './bytes.js';
import type { Fault } from './error.js';
import { FlowLineReader } from './line.js';
import { type Prefix, readPrefix } from './prefix.js';
import type { LineOptions } from './texts.js';

/**
 * Reads the lines of one format. `read` answers a record, `null` where a line says nothing (a header), `undefined` and a `fault` where it is
 * wrong.
 */
export interface RecordReader<T> {
  read(bytes: Uint8Array, start: number, end: number): T | null | undefined;
  readonly fault: Fault;
  /** The fault of what the end of the text leaves open. */
  finish?(): Fault | undefined;
}

/** A reader that knows of events. */
export interface TaggedReader<T> extends RecordReader<T> {
  /** Of the record that was read last: what happened to it, and when, where the line says so. */
  event: FlowEventType | undefined;
  time: string | undefined;
}

/** A reader of flows. */
export type FlowReader = TaggedReader<Flow>;

/** Lines of /proc and conntrack(8), with or without event tags. */
export class TaggedLineReader implements FlowReader {
  event: FlowEventType | undefined;
  time: string | undefined;
  readonly fault: Fault;
  readonly #lines: FlowLineReader;
  readonly #prefix: Prefix = { at: 0, type: undefined, time: undefined };

  constructor(options: LineOptions) {
    this.#lines = new FlowLineReader(options);
    this.fault = this.#lines.fault;
  }

  read(bytes: Uint8Array, start: number, end: number): Flow | undefined {
    let at = start;
    this.event = undefined;
    this.time = undefined;
    const first = bytes[start];
    if (first === SPACE || first === OPEN_BRACKET) {
      const prefix = this.#prefix;
      if (!readPrefix(bytes, start, end, prefix)) return this.#fail(bytes, start, prefix.at);
      this.event = prefix.type;
      this.time = prefix.time;
      at = prefix.at;
    }
    const flow = this.#lines.read(bytes, at, end);
    // The fault is where its byte is; told is the character of the line.
    if (flow === undefined) this.fault.at = decode(bytes, start, Math.min(this.fault.at, end)).length;
    return flow;
  }

  #fail(bytes: Uint8Array, start: number, at: number): undefined {
    this.fault.code = 'TAG_EXPECTED';
    this.fault.at = decode(bytes, start, at).length;
    this.fault.expected = 'a time in brackets and a tab, [NEW], [UPDATE] or [DESTROY]';
  }
}

const NO_EVENT: Fault = { code: 'TAG_EXPECTED', at: 0, expected: 'an event: new, update or destroy' };

/** Makes an event of a record. */
export type MakeEvent<T, E> = (type: FlowEventType, record: T, time: string | undefined) => E;

/** Events: what a reader reads, where it says what happened. */
export class EventReader<T, E> implements RecordReader<E> {
  fault: Fault = NO_EVENT;
  readonly #records: TaggedReader<T>;
  readonly #make: MakeEvent<T, E>;

  constructor(records: TaggedReader<T>, make: MakeEvent<T, E>) {
    this.#records = records;
    this.#make = make;
  }

  read(bytes: Uint8Array, start: number, end: number): E | null | undefined {
    const record = this.#records.read(bytes, start, end);
    if (record === undefined) {
      this.fault = this.#records.fault;
      return undefined;
    }
    if (record === null) return null;
    const { event, time } = this.#records;
    if (event !== undefined) return this.#make(event, record, time);
    this.fault = NO_EVENT;
    return undefined;
  }

  finish(): Fault | undefined {
    return this.#records.finish?.();
  }
}
