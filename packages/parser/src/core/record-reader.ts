import type { FlowEventType } from '@conntrack/flow';

/** Reads the lines of one format. */
export interface RecordReader<T> {
  /** Reads a line. `line` is its number. Returns its record, or `null` for a line without one (a header). Throws a `Fault` for a bad line. */
  read(bytes: Uint8Array, start: number, end: number, line?: number): T | null;
  /** For formats with several records on a line: returns the next record, or `null` if there is none. Throws like `read`. */
  more?(): T | null;
  /** Throws a fault if the text ends inside a record. */
  finish?(): void;
  /** Type and time of the event that was read last, if the line gives them. */
  readonly event: FlowEventType | undefined;
  readonly time: string | undefined;
}
