import type { FlowEvent } from '../flow/flow.js';

/** Some events were lost. A program that keeps a picture of the table must list it again. */
export interface GapEvent {
  type: 'gap';
  /** Why, in a sentence. */
  reason: string;
}

/** What happened to a flow, or that something was missed. */
export type TableEvent = FlowEvent | GapEvent;
