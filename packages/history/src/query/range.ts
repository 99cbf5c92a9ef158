/** A span of time that a question is about. Flows that existed at any moment of it are part of the answer. */
export interface TimeRange {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/**
 * How long after a moment a row of every flow of that moment is recorded: a flow that still runs has a row at least every 30 minutes, and the
 * table is read in some minutes.
 */
export const LOOK_AHEAD = 40 * 60_000;
