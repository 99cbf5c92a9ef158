import type { EventStream } from '@conntrack/netlink';
import type { EventBatch, EventCursor, EventOptions, TableEvent, TableEvents } from './events.js';
import { fromNetlink } from './kernel-errors.js';

/** The cursor, passing over what does not match. */
function matching(cursor: EventCursor, match: EventOptions['match']): EventCursor {
  if (match === undefined) return cursor;
  const step = cursor.next.bind(cursor);
  cursor.next = () => {
    while (step()) if (match(cursor)) return true;
    return false;
  };
  return cursor;
}

/** The kernel's events as a table's: flows only, gaps with their reason. */
export class KernelEvents implements TableEvents {
  readonly #stream: EventStream;
  readonly #match: EventOptions['match'];

  constructor(stream: EventStream, match: EventOptions['match']) {
    this.#stream = stream;
    this.#match = match;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    try {
      for await (const item of this.#stream)
        if (item.type === 'gap') yield { type: 'gap', reason: item.error.message };
        else if ('flow' in item) yield item;
    } catch (error) {
      throw fromNetlink(error);
    } finally {
      this.close();
    }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    try {
      for await (const { cursor, gap } of this.#stream.slabs())
        yield {
          cursor: () => matching(cursor(), this.#match),
          ...(gap && { gap: { type: 'gap', reason: gap.error.message } }),
        };
    } catch (error) {
      throw fromNetlink(error);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
