import { type Expectation, type ExpectationEvent, encodeKey, type FlowEventType } from '@conntrack/flow';
import { type OptionRules, whole } from '@conntrack/flow/checks';
import type { GapEvent } from '@conntrack/flow/table';
import type { ExpectationFlushScope, ExpectationRef } from '@conntrack/netlink';
import { eventTypes, OPERATION_RULES } from '../option-rules.js';
import type { LocalEventOptions } from './events.js';

export type { ExpectationFlushScope, ExpectationRef };

/** Options of a stream of expectation events. */
export interface ExpectationEventOptions extends Pick<LocalEventOptions, 'buffer' | 'signal'> {
  /** Event types. Default: all three. */
  types?: readonly FlowEventType[];
}

export const EXPECTATION_EVENT_RULES: OptionRules<ExpectationEventOptions> = {
  ...OPERATION_RULES,
  types: eventTypes,
  buffer: whole(),
};

/** An event of an expectation, or a gap. */
export type ExpectationTableEvent = ExpectationEvent | GapEvent;

/** A subscription to events of expectations, active since it was made. */
export interface ExpectationEvents extends AsyncIterable<ExpectationTableEvent>, AsyncDisposable {
  /** Ends the subscription and a running loop. Can be called twice. */
  close(): void;
}

/** The expectations of a source. */
export interface ExpectationSource {
  /** Yields all expectations. */
  list(signal?: AbortSignal): AsyncIterable<Expectation>;
  /** @throws TableError FLOW_NOT_FOUND if no expectation has this tuple and id */
  delete(ref: ExpectationRef, signal?: AbortSignal): Promise<void>;
  flush(scope: ExpectationFlushScope, signal?: AbortSignal): Promise<void>;
  events?(options: ExpectationEventOptions): ExpectationEvents;
}

/** Returns the key of an expectation, made like a flow's key from zone, family, protocol, tuple and id; `undefined` if the source gives no id. */
export function expectationKey({ family, protonum, tuple, zone, id }: Expectation): string | undefined {
  if (id === undefined) return undefined;
  return encodeKey({ family, protonum, original: tuple, id, ...(zone !== undefined && { zone }) });
}
