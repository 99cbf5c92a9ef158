import type { Direction, End, FlowCursor } from '@conntrack/flow';
import { ORIGINAL, REPLY } from '@conntrack/flow/codec';

/** Reads one number of a flow; returns −1 if it is absent. */
export type NumberReader = (cursor: FlowCursor) => number;

/** How a cursor reads a field: by one of these members. */
export interface FieldReader {
  /** Reads numbers. Any of them may match. */
  readonly numbers?: readonly NumberReader[];
  /** The addresses that the field is about. Any of them may match. */
  readonly ends?: readonly End[];
  /** Reads text; returns `undefined` if it is absent. */
  readonly text?: (cursor: FlowCursor) => string | undefined;
  /** Reads a number that depends on the time. `now` returns milliseconds since 1970. */
  readonly at?: (cursor: FlowCursor, now: () => number) => number;
}

/** Makes a reader of the sum of a counter over both directions, one of which may be absent. */
export const sumOf =
  (read: (cursor: FlowCursor, direction: Direction) => number): NumberReader =>
  cursor => {
    const original = read(cursor, ORIGINAL);
    const reply = read(cursor, REPLY);
    return original < 0 ? reply : reply < 0 ? original : original + reply;
  };

/** Reads bytes a second of a direction, which few sources measure. */
export const rateOf = (cursor: FlowCursor, direction: Direction): number => cursor.rate?.(direction) ?? -1;

export const numbers = (...readers: readonly NumberReader[]): FieldReader => ({ numbers: readers });
export const address = (...ends: readonly End[]): FieldReader => ({ ends });
export const port = (...ends: readonly End[]): FieldReader =>
  numbers(
    ...ends.map(
      (end): NumberReader =>
        cursor =>
          cursor.port(end),
    ),
  );
/** Returns the age in seconds. For a flow of a capture, it is the age at the time of the capture. */
export function ageAt(cursor: FlowCursor, now: () => number): number {
  const captured = cursor.age?.() ?? -1;
  if (captured >= 0) return captured;
  const start = cursor.start();
  return start < 0 ? -1 : Math.max(0, (now() - start) / 1000);
}
