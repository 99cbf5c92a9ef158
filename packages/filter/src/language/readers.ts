import type { Direction, End, FlowCursor } from '@conntrack/flow';
import { ORIGINAL, REPLY } from '@conntrack/flow/codec';

/** Reads one number of a flow; −1 when it is absent. */
export type NumberReader = (cursor: FlowCursor) => number;

/** How a cursor reads a field: by one of these. */
export interface FieldReader {
  /** Where there are several, any of them may match. */
  readonly numbers?: readonly NumberReader[];
  /** Which addresses it means; any of them may match. */
  readonly ends?: readonly End[];
  readonly text?: (cursor: FlowCursor) => string | undefined;
  /** A number that depends on the time, in milliseconds since 1970. */
  readonly at?: (cursor: FlowCursor, now: () => number) => number;
}

/** Reads the sum of a counter in both directions, of which one may be absent. */
export const sumOf =
  (read: (cursor: FlowCursor, direction: Direction) => number): NumberReader =>
  cursor => {
    const original = read(cursor, ORIGINAL);
    const reply = read(cursor, REPLY);
    return original < 0 ? reply : reply < 0 ? original : original + reply;
  };

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
/** The age in seconds. Of a capture, the age at its time. */
export function ageAt(cursor: FlowCursor, now: () => number): number {
  const captured = cursor.age?.() ?? -1;
  if (captured >= 0) return captured;
  const start = cursor.start();
  return start < 0 ? -1 : Math.max(0, (now() - start) / 1000);
}
