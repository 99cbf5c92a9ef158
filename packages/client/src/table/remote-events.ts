import type { TableEvent } from '@conntrack/flow/table';
import type { ConntrackClient } from '../client.js';
import type { WatchRecord } from '../protocol/records.js';
import type { Events } from './options.js';
import { tableError } from './table-error.js';

const GAPS = {
  kernel: 'the kernel’s socket overflowed on the server',
  ring: 'the server no longer has events from this time',
  subscriber: 'this reader was too slow for the server',
} as const;

/** Converts a record of the server to an event. `undefined` for records that are not about a flow. */
function eventOf(record: WatchRecord): TableEvent | undefined {
  switch (record.type) {
    case 'gap':
      return { type: 'gap', reason: `events were lost: ${GAPS[record.where]}` };
    case 'new':
    case 'update':
    case 'destroy': {
      const { position: _, ...event } = record;
      return event;
    }
    default:
      return undefined;
  }
}

/** A running watch. It resumes from a position that the server returned before it was created. */
export class RemoteEvents {
  readonly #records: AsyncGenerator<WatchRecord, never>;
  readonly #ended = new AbortController();

  constructor(client: ConntrackClient, { filter, types, signal }: Events, since: string) {
    this.#records = client.watch(filter, {
      since,
      ...(types && { types }),
      signal: AbortSignal.any(signal ? [signal, this.#ended.signal] : [this.#ended.signal]),
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    try {
      for await (const record of this.#records) {
        const event = eventOf(record);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (!this.#ended.signal.aborted) throw tableError(error);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#ended.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
