import { type FlowEvent, FlowObjectCursor, type FlowRef, refOf } from '@conntrack/flow';
import type { EventCursor } from '../source/events.js';

/** A cursor over events that are already objects. */
export class ObjectEventCursor extends FlowObjectCursor implements EventCursor {
  readonly #events: readonly FlowEvent[];
  #at = 0;

  constructor(events: readonly FlowEvent[]) {
    super();
    this.#events = events;
  }

  next(): boolean {
    const event = this.#events[this.#at++];
    if (event === undefined) return false;
    this.move(event.flow, event.type);
    return true;
  }

  eventTime(): string | undefined {
    return this.#events[this.#at - 1]?.time;
  }

  ref(): FlowRef {
    return refOf(this.flow());
  }
}
