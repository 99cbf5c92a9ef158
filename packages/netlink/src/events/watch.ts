import type { FlowEvent } from '@conntrack/flow';
import type { KernelFilter } from '../change/push-down.js';
import type { EventOptions, WatchOptions } from './options.js';
import type { EventGap, EventItem, EventStream } from './stream.js';

/**
 * One item of a watch.
 *
 * At the start and after each `gap`, `present` items list the flows of the table, and `synced` follows the last of them. A flow that was
 * known before the gap and was not reported since has ended. All other items are events.
 */
export type WatchItem =
  | { type: 'present'; flow: FlowEvent['flow'] }
  | { type: 'synced' }
  | EventGap
  | (FlowEvent & { nsid?: number });

/** The part of a client that a watch needs. */
interface Watched {
  events(options: EventOptions): EventStream;
  list(options: {
    filter?: KernelFilter;
    match?: NonNullable<EventOptions['match']>;
    signal?: AbortSignal;
  }): AsyncIterable<FlowEvent['flow']>;
}

/**
 * Subscribes, dumps the table, yields the events since then, and continues with new events.
 *
 * An event can be about a flow that `present` already listed, or about the end of a flow that it did not list. Identify flows by `key`; the
 * last item about a flow is valid.
 */
export async function* watch(conntrack: Watched, options: WatchOptions): AsyncGenerator<WatchItem> {
  const { filter, ...listening } = options;
  const { match, signal } = listening;
  const events = conntrack.events(listening);
  const dump = { ...(filter && { filter }), ...(match && { match }), ...(signal && { signal }) };
  async function* present(): AsyncGenerator<WatchItem> {
    for await (const flow of conntrack.list(dump)) yield { type: 'present', flow };
    yield { type: 'synced' };
  }
  try {
    yield* present();
    for await (const item of events) {
      if (isFlowEvent(item)) yield item;
      else if (item.type === 'gap') {
        yield item;
        yield* present();
      }
    }
  } finally {
    events.close();
  }
}

const isFlowEvent = (item: EventItem): item is FlowEvent & { nsid?: number } => 'flow' in item;
