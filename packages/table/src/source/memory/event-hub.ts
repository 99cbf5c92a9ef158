import { EVENT_TYPES, type Flow, type FlowEvent, type FlowEventType } from '@conntrack/flow';
import type { TableEvent } from '@conntrack/flow/table';
import { ObjectEventCursor } from '../../events/object-events.js';
import { EventQueue } from '../event-queue.js';
import type { EventBatch, LocalEventOptions, LocalTableEvents } from '../events.js';

type SubscribeOptions = Omit<LocalEventOptions, 'filter'>;

/** One subscription to the events of a table in memory. */
class Subscription implements LocalTableEvents {
  readonly #types: readonly FlowEventType[];
  readonly #queue: EventQueue<FlowEvent>;

  constructor({ types = EVENT_TYPES, ...options }: SubscribeOptions, left: (subscription: Subscription) => void) {
    this.#types = types;
    this.#queue = new EventQueue(options, () => left(this));
  }

  offer(type: FlowEventType, flow: Flow): void {
    if (this.#types.includes(type)) this.#queue.offer({ type, flow });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TableEvent> {
    for await (const { items, gap } of this.#queue.arrivals()) {
      yield* items;
      if (gap !== undefined) yield gap;
    }
  }

  async *batches(): AsyncGenerator<EventBatch> {
    for await (const { items, gap } of this.#queue.arrivals())
      yield { cursor: () => new ObjectEventCursor(items), ...(gap && { gap }) };
  }

  close(): void {
    this.#queue.close();
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
