import type { TableEvent } from '@conntrack/flow/table';
import { type EventBatch, type LocalTableEvents, ObjectEventCursor, type TableEvents } from '@conntrack/table';

/** The events of a fleet in batches, as a server reads them. */
export class ServedEvents implements LocalTableEvents {
  readonly #events: TableEvents;

  constructor(events: TableEvents) {
    this.#events = events;
  }

  [Symbol.asyncIterator](): AsyncIterator<TableEvent> {
    return this.#events[Symbol.asyncIterator]();
  }

  async *batches(): AsyncGenerator<EventBatch> {
    for await (const event of this.#events) yield batchOf(event);
  }

  close(): void {
    this.#events.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

function batchOf(event: TableEvent): EventBatch {
  if (event.type === 'gap') return { cursor: () => new ObjectEventCursor([]), gap: event };
  return { cursor: () => new ObjectEventCursor([event]) };
}
