/**
 * A connection tracking table in columns: a million flows in memory, kept current by events, and read with cursors. Runs anywhere.
 *
 * @module
 */

export type { Clocks } from './clock.js';
export type { EntryInput, EntryInputs } from './entry-input.js';
export { FlowEntry } from './flow-entry.js';
export { type CheckOutcome, FlowIndex, type FlowIndexOptions, type LookUp, type SweepOptions } from './flow-index.js';
export { IndexCursor } from './rows/index-cursor.js';
export type { Measured } from './rows/row-flow.js';
