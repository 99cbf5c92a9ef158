import {
  checkOptions,
  decodeKey,
  type Expectation,
  type ExpectationEvent,
  encodeKey,
  type FlowEventType,
} from '@conntrack/flow';
import type { ExpectationFlushScope, ExpectationRef } from '@conntrack/netlink';
import { TableError } from '../errors.js';
import type { EventOptions, GapEvent } from '../events/events.js';
import { EXPECTATION_EVENTS, EXPECTATION_FLUSH, invalidChange, OPERATION } from '../options.js';
import type { TableSource } from '../source/source.js';

export type { ExpectationFlushScope, ExpectationRef };

/** What is listened to of expectations. */
export interface ExpectationEventOptions extends Pick<EventOptions, 'buffer' | 'signal'> {
  /** All three unless told. */
  types?: readonly FlowEventType[];
}

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

/** An expectation with the handle that finds it again. */
export type KeyedExpectation = Expectation & { key?: string };

/** An expectation's handle, of the same make as a flow's: zone, family, protocol, tuple and id. Absent where the source gives no id. */
export function expectationKey({ family, protonum, tuple, zone, id }: Expectation): string | undefined {
  if (id === undefined) return undefined;
  return encodeKey({ family, protonum, original: tuple, id, ...(zone !== undefined && { zone }) });
}

/** The expectations of a table: connections that helpers (FTP, SIP …) have announced. @throws TableError UNSUPPORTED for sources that have none */
export class ExpectationTable {
  readonly #source: TableSource;

  /** @internal */
  constructor(source: TableSource) {
    this.#source = source;
  }

  /** All of them, as they are found. */
  async *list(options: { signal?: AbortSignal } = {}): AsyncGenerator<KeyedExpectation> {
    checkOptions('expectations.list', options, OPERATION);
    for await (const expectation of this.#expectations().list(options.signal)) {
      const key = expectationKey(expectation);
      yield { ...(key !== undefined && { key }), ...expectation };
    }
  }

  /** Deletes the expectation of a key. @throws TableError FLOW_NOT_FOUND, READ_ONLY; FlowKeyError */
  async delete(key: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    checkOptions('expectations.delete', options, OPERATION);
    const { family, protonum, original, zone, id } = decodeKey(key);
    this.#writable();
    const ref = { family, protonum, tuple: original, id, ...(zone !== undefined && { zone }) };
    await this.#expectations().delete(ref, options.signal);
  }

  /** Deletes all expectations, said so, or one helper's. */
  async flush(scope: ExpectationFlushScope, options: { signal?: AbortSignal } = {}): Promise<void> {
    checkOptions('expectations.flush', options, OPERATION);
    checkOptions('expectations.flush', scope, EXPECTATION_FLUSH, invalidChange);
    const { all, helper } = scope as { all?: true; helper?: string };
    if ((all === true) === (helper !== undefined && helper !== ''))
      throw invalidChange('expectations are flushed of one helper, { helper }, or all of them, { all: true }');
    this.#writable();
    await this.#expectations().flush(scope, options.signal);
  }

  /** What happens to expectations from now on. @throws TableError UNSUPPORTED */
  events(options: ExpectationEventOptions = {}): ExpectationEvents {
    checkOptions('expectations.events', options, EXPECTATION_EVENTS);
    const events = this.#expectations().events?.(options);
    if (events === undefined) throw new TableError('UNSUPPORTED', `${this.#source.info.name} has no events`);
    return events;
  }

  #expectations(): ExpectationSource {
    const { expectations } = this.#source;
    if (expectations === undefined)
      throw new TableError('UNSUPPORTED', `${this.#source.info.name} has no expectations`);
    return expectations;
  }

  #writable(): void {
    if (!this.#source.info.writable) throw new TableError('READ_ONLY', `${this.#source.info.name} can only be read`);
  }
}
