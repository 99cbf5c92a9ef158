import { type Flow, FlowObjectCursor, type FlowRef, refOf } from '@conntrack/flow';
import type { RowBatch, RowCursor } from './rows.js';

class ObjectRowCursor extends FlowObjectCursor implements RowCursor {
  readonly #flows: readonly Flow[];
  #at = 0;

  constructor(flows: readonly Flow[]) {
    super();
    this.#flows = flows;
  }

  next(): boolean {
    const flow = this.#flows[this.#at++];
    if (flow === undefined) return false;
    this.move(flow);
    return true;
  }

  ref(): FlowRef {
    return refOf(this.flow());
  }
}

/** Makes a batch from flows that are already objects. */
export const batchOfFlows = (flows: readonly Flow[]): RowBatch => ({ cursor: () => new ObjectRowCursor(flows) });
