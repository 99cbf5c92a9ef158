import { EVENT_TYPES, type FlowEvent, type FlowEventType } from '@conntrack/flow';
import type { TableEvent } from '@conntrack/flow/table';
import { ObjectEventCursor } from '../../events/object-events.js';
import { EventQueue, type EventQueueOptions } from '../event-queue.js';
import type { EventBatch, EventCursor, LocalTableEvents } from '../events.js';

/** The event that a cursor stands on. */
function eventOf(cursor: EventCursor): FlowEvent {
  const time = cursor.eventTime();
  return { type: EVENT_TYPES[cursor.event()]!, flow: cursor.flow(), ...(time !== undefined && { time }) };
}

/** Only the events of some types. */
function selected(batch: EventBatch, types: readonly FlowEventType[]): EventBatch {
  const events: FlowEvent[] = [];
  for (const cursor = batch.cursor(); cursor.next(); )
    if (types.includes(EVENT_TYPES[cursor.event()]!)) events.push(eventOf(cursor));
  return { cursor: () => new ObjectEventCursor(events), ...(batch.gap && { gap: batch.gap }) };
}

/** A subscription to the events that an index receives. */
class FannedEvents implements LocalTableEvents {
  readonly #queue: EventQueue<EventBatch>;
  readonly #types: readonly FlowEventType[];

  constructor(queue: EventQueue<EventBatch>, types: readonly FlowEventType[]) {
    this.#queue = queue;
    this.#types = types;
  }

  async *batches(): AsyncGenerator<EventBatch> {
    const types = this.#types;
    const isAll = EVENT_TYPES.every(type => types.includes(type));
    for await (const { items, gap } of this.#queue.arrivals()) {
      for (const batch of items) yield isAll ? batch : selected(batch, types);
      if (gap !== undefined) yield { cursor: () => new ObjectEventCursor([]), gap };
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    for await (const { cursor: open, gap } of this.batches()) {
      for (const cursor = open(); cursor.next(); ) yield eventOf(cursor);
      if (gap !== undefined) yield gap;
    }
  }

  close(): void {
    this.#queue.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Passes the events of one subscription to the kernel on to many readers. Each has a bounded queue: a slow one loses events, and gets a gap. */
export class EventFanOut {
  readonly #queues = new Set<EventQueue<EventBatch>>();

  subscribe({
    types = EVENT_TYPES,
    ...options
  }: EventQueueOptions & { types?: readonly FlowEventType[] }): LocalTableEvents {
    const queue = new EventQueue<EventBatch>(options, each => this.#queues.delete(each));
    this.#queues.add(queue);
    return new FannedEvents(queue, types);
  }

  /** Passes a batch with a number of events on. Its bytes belong to its readers. */
  publish(batch: EventBatch, events: number): void {
    for (const queue of this.#queues) queue.offer(batch, events);
  }

  /** Ends all subscriptions, with an error if there is one. */
  end(error: Error | undefined): void {
    for (const queue of [...this.#queues]) {
      if (error === undefined) queue.close();
      else queue.fail(error);
    }
  }
}
