import type { TableEvent } from '@conntrack/flow/table';
import type { EventStream } from '@conntrack/netlink';
import type { EventBatch, LocalTableEvents } from '../events.js';
import { fromNetlink } from './errors.js';

/** The kernel's events as a table's events: only flows, and gaps with their reason. */
export class KernelEvents implements LocalTableEvents {
  readonly #stream: EventStream;

  constructor(stream: EventStream) {
    this.#stream = stream;
  }

  get hasUnread(): boolean {
    return this.#stream.hasUnread;
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
          cursor,
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
