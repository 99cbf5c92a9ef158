import type { FlowEvent } from '../flow/flow.js';

/** A gap: some events were lost. A program that keeps a copy of the table must list it again. */
export interface GapEvent {
  type: 'gap';
  /** Why events were lost, in one sentence. */
  reason: string;
  /** The host of a fleet whose events were lost. Absent in the table of one host. */
  node?: string;
}

/** An event of a table: what happened to a flow, or a gap. */
export type TableEvent = FlowEvent | GapEvent;
