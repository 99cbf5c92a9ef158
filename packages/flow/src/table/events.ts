import type { FlowEvent } from '../flow/flow.js';

/** Some events were lost: whoever keeps a picture of the table has to list it anew. */
export interface GapEvent {
  type: 'gap';
  /** Why, in a sentence. */
  reason: string;
}

/** What happened to a flow, or that something was missed. */
export type TableEvent = FlowEvent | GapEvent;
