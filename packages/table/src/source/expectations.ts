import { type Expectation, type ExpectationEvent, encodeKey, type FlowEventType } from '@conntrack/flow';
import { type OptionRules, whole } from '@conntrack/flow/checks';
import type { GapEvent } from '@conntrack/flow/table';
import type { ExpectationFlushScope, ExpectationRef } from '@conntrack/netlink';
import { eventTypes, OPERATION_RULES } from '../option-rules.js';
import type { LocalEventOptions } from './events.js';

export type { ExpectationFlushScope, ExpectationRef };

/** What is listened to of expectations. */
export interface ExpectationEventOptions extends Pick<LocalEventOptions, 'buffer' | 'signal'> {
  /** Default: all three. */
  types?: readonly FlowEventType[];
}

export const EXPECTATION_EVENT_RULES: OptionRules<ExpectationEventOptions> = {
  ...OPERATION_RULES,
  types: eventTypes,
  buffer: whole(),
};

/** What happened to an expectation, or that something was missed. */
export type ExpectationTableEvent = ExpectationEvent | GapEvent;

/** A subscription to expectations: it stands from the moment it was made. */
export interface ExpectationEvents extends AsyncIterable<ExpectationTableEvent>, AsyncDisposable {
  /** Ends it, and a loop under way. Safe to call twice. */
  close(): void;
}

/** The expectations of a source that has them. */
export interface ExpectationSource {
  list(signal?: AbortSignal): AsyncIterable<Expectation>;
  /** @throws TableError FLOW_NOT_FOUND when there is none with this tuple and id */
  delete(ref: ExpectationRef, signal?: AbortSignal): Promise<void>;
  flush(scope: ExpectationFlushScope, signal?: AbortSignal): Promise<void>;
  events?(options: ExpectationEventOptions): ExpectationEvents;
}

/** An expectation's handle, of the same make as a flow's: zone, family, protocol, tuple and id. Absent where the source gives no id. */
export function expectationKey({ family, protonum, tuple, zone, id }: Expectation): string | undefined {
  if (id === undefined) return undefined;
  return encodeKey({ family, protonum, original: tuple, id, ...(zone !== undefined && { zone }) });
}
