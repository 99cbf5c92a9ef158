/**
 * How long after a moment a row of every flow of that moment is recorded: a flow that still runs has a row at least every 30 minutes, and the
 * table is read in some minutes.
 */
export const LOOK_AHEAD = 40 * 60_000;
