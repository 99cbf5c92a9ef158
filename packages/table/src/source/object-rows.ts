import { type Flow, type FlowCursor, FlowObjectCursor, type FlowRef, refOf } from '@conntrack/flow';
import type { RowBatch, RowCursor } from './rows.js';

class ObjectRowCursor extends FlowObjectCursor implements RowCursor {
  readonly #flows: readonly Flow[];
  #at = 0;
  #allowed: ((row: FlowCursor) => boolean) | undefined;

  constructor(flows: readonly Flow[]) {
    super();
    this.#flows = flows;
  }

  only(allowed: (row: FlowCursor) => boolean): this {
    this.#allowed = allowed;
    return this;
  }

  next(): boolean {
    for (;;) {
      const flow = this.#flows[this.#at++];
      if (flow === undefined) return false;
      this.move(flow);
      if (this.#allowed === undefined || this.#allowed(this)) return true;
    }
  }

  ref(): FlowRef {
    return refOf(this.flow());
  }
}

/** Makes a cursor that stands on a flow that is already an object. */
export function rowOfFlow(flow: Flow): RowCursor {
  const cursor = new ObjectRowCursor([flow]);
  cursor.next();
  return cursor;
}

/** Makes a batch from flows that are already objects. */
export const batchOfFlows = (flows: readonly Flow[]): RowBatch => ({ cursor: () => new ObjectRowCursor(flows) });
