import { EVENT_TYPES, type Flow, type FlowEvent, type FlowEventType } from '@conntrack/flow';
import type { GapEvent, TableEvent } from '@conntrack/flow/table';
import { ObjectEventCursor } from '../../events/object-events.js';
import type { EventBatch, LocalEventOptions, LocalTableEvents } from '../events.js';

const BUFFER = 50_000;

type SubscribeOptions = Omit<LocalEventOptions, 'filter'>;

/** One subscription with a bounded queue. Events that do not fit are dropped and reported as one gap, as the kernel does. */
class Subscription implements LocalTableEvents {
  readonly #options: SubscribeOptions;
  readonly #left: (subscription: Subscription) => void;
  readonly #buffer: number;
  #queue: FlowEvent[] = [];
  #overflowed = false;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(options: SubscribeOptions, left: (subscription: Subscription) => void) {
    options.signal?.throwIfAborted();
    this.#options = options;
    this.#left = left;
    this.#buffer = options.buffer ?? BUFFER;
    options.signal?.addEventListener('abort', this.#abort, { once: true });
  }

  readonly #abort = (): void => this.close();

  offer(type: FlowEventType, flow: Flow): void {
    if (!(this.#options.types ?? EVENT_TYPES).includes(type)) return;
    if (this.#queue.length >= this.#buffer) this.#overflowed = true;
    else this.#queue.push({ type, flow });
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    for await (const { events, gap } of this.#waiting()) {
      yield* events;
      if (gap !== undefined) yield gap;
    }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    for await (const { events, gap } of this.#waiting())
      yield { cursor: () => new ObjectEventCursor(events), ...(gap && { gap }) };
  }

  /** Yields what has arrived since the last call, as soon as there is something. */
  async *#waiting(): AsyncGenerator<{ events: readonly FlowEvent[]; gap: GapEvent | undefined }> {
    try {
      for (;;) {
        const events = this.#queue;
        this.#queue = [];
        const gap = this.#overflowed
          ? ({ type: 'gap', reason: `more than ${this.#buffer} unread events` } as const)
          : undefined;
        this.#overflowed = false;
        if (events.length > 0 || gap !== undefined) yield { events, gap };
        this.#options.signal?.throwIfAborted();
        if (this.#queue.length > 0) continue;
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

  close(): void {
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#closed = true;
    this.#left(this);
    this.#wake?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/** Passes events on to all subscriptions. Costs nothing while there are none. */
export class EventHub {
  readonly #subscriptions = new Set<Subscription>();

  /** Whether there is a subscription. */
  get heard(): boolean {
    return this.#subscriptions.size > 0;
  }

  subscribe(options: SubscribeOptions): LocalTableEvents {
    const subscription = new Subscription(options, each => this.#subscriptions.delete(each));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  emit(type: FlowEventType, flow: Flow): void {
    for (const subscription of this.#subscriptions) subscription.offer(type, flow);
  }

  /** Ends all subscriptions. */
  close(): void {
    for (const subscription of [...this.#subscriptions]) subscription.close();
  }
}
