import type { GapEvent } from '@conntrack/flow/table';

const BUFFER = 50_000;

/** Options of a queue. */
export interface EventQueueOptions {
  /** Maximum number of unread events. Default: 50,000. */
  buffer?: number;
  signal?: AbortSignal;
}

/** What has arrived since the last look. */
export interface Arrived<Item> {
  readonly items: readonly Item[];
  readonly gap: GapEvent | undefined;
}

/** A bounded queue of a subscription. Events that do not fit are dropped and reported as one gap, as the kernel does. */
export class EventQueue<Item> {
  readonly #buffer: number;
  readonly #signal: AbortSignal | undefined;
  readonly #left: (queue: EventQueue<Item>) => void;
  #items: Item[] = [];
  #unread = 0;
  #overflowed = false;
  #closed = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param left called when the subscription ends */
  constructor({ buffer = BUFFER, signal }: EventQueueOptions, left: (queue: EventQueue<Item>) => void) {
    signal?.throwIfAborted();
    this.#buffer = buffer;
    this.#signal = signal;
    this.#left = left;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => this.close();

  /** Adds an item with a number of events. */
  offer(item: Item, events = 1): void {
    // One item fits into an empty queue, however many events it has.
    if (this.#overflowed || (this.#unread > 0 && this.#unread + events > this.#buffer)) this.#overflowed = true;
    else {
      this.#items.push(item);
      this.#unread += events;
    }
    this.#wake?.();
  }

  /** Yields what has arrived since the last call, as soon as there is something. */
  async *arrivals(): AsyncGenerator<Arrived<Item>> {
    try {
      for (;;) {
        const items = this.#items;
        this.#items = [];
        this.#unread = 0;
        const gap = this.#overflowed
          ? ({ type: 'gap', reason: `more than ${this.#buffer} unread events` } as const)
          : undefined;
        this.#overflowed = false;
        if (items.length > 0 || gap !== undefined) yield { items, gap };
        this.#signal?.throwIfAborted();
        if (this.#items.length > 0 || this.#overflowed) continue;
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#closed) return;
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.close();
    }
  }

  /** Ends the subscription with an error, after what has arrived. */
  fail(error: Error): void {
    this.#failure = error;
    this.close();
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#closed = true;
    this.#left(this);
    this.#wake?.();
  }
}
