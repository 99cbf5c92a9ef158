import type { FlowEventType } from '@conntrack/flow';

/** Reads the lines of one format. */
export interface RecordReader<T> {
  /** The record of a line, which has this number; `null` where it says nothing (a header). Throws a `Fault` where it is wrong. */
  read(bytes: Uint8Array, start: number, end: number, line?: number): T | null;
  /** The next record of the same line, for formats that have several in one; `null` when there is none. Throws like `read`. */
  more?(): T | null;
  /** Throws the fault of what the end of the text leaves open. */
  finish?(): void;
  /** Of the record that was read last: what happened to it, and when, where the line says so. */
  readonly event: FlowEventType | undefined;
  readonly time: string | undefined;
}
