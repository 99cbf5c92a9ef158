import type { FlowEvent } from '@conntrack/flow';
import type { KernelFilter } from '../change/push-down.js';
import type { EventOptions, WatchOptions } from './options.js';
import type { EventGap, EventItem, EventStream } from './stream.js';

/**
 * One item of a watch. After `gap`, or at the start, `present` tells the table's flows once more, and `synced` that all are told: what was known before the
 * gap and was not told since is gone. Everything else is an event.
 */
export type WatchItem =
  | { type: 'present'; flow: FlowEvent['flow'] }
  | { type: 'synced' }
  | EventGap
  | (FlowEvent & { nsid?: number });

/** What a watch asks of a client. */
interface Watched {
  events(options: EventOptions): EventStream;
  list(options: {
    filter?: KernelFilter;
    match?: NonNullable<EventOptions['match']>;
    signal?: AbortSignal;
  }): AsyncIterable<FlowEvent['flow']>;
}

/**
 * Subscribes, then dumps, then replays what happened meanwhile and goes on. An event can tell of a flow that `present` told already,
 * or of the end of one that it did not: flows are told apart by `key`, and the last word counts.
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
