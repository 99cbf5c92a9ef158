import { decodeKey } from '@conntrack/flow';
import { checkOptions, flag, type OptionRules, text } from '@conntrack/flow/checks';
import { type KeyedExpectation, TableError } from '@conntrack/flow/table';
import type { ExpectationFlushScope } from '@conntrack/netlink';
import { invalidChange, OPERATION_RULES } from './option-rules.js';
import {
  EXPECTATION_EVENT_RULES,
  type ExpectationEventOptions,
  type ExpectationEvents,
  type ExpectationSource,
  expectationKey,
} from './source/expectations.js';
import type { TableSource } from './source/source.js';

const FLUSH_RULES: OptionRules<{ all: true; helper: string }> = { all: flag, helper: text };

/** The expectations of a table: connections that helpers (FTP, SIP …) expect. @throws TableError UNSUPPORTED for sources without expectations */
export class ExpectationTable {
  readonly #source: Pick<TableSource, 'info' | 'expectations'>;

  /** @internal */
  constructor(source: Pick<TableSource, 'info' | 'expectations'>) {
    this.#source = source;
  }

  /** Yields all expectations. */
  async *list(options: { signal?: AbortSignal } = {}): AsyncGenerator<KeyedExpectation> {
    checkOptions('expectations.list', options, OPERATION_RULES);
    for await (const expectation of this.#expectations().list(options.signal)) {
      const key = expectationKey(expectation);
      yield { ...(key !== undefined && { key }), ...expectation };
    }
  }

  /** Deletes the expectation with a key. @throws TableError FLOW_NOT_FOUND, READ_ONLY; FlowKeyError */
  async delete(key: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    checkOptions('expectations.delete', options, OPERATION_RULES);
    const { family, protonum, original, zone, id } = decodeKey(key);
    this.#writable();
    const ref = { family, protonum, tuple: original, id, ...(zone !== undefined && { zone }) };
    await this.#expectations().delete(ref, options.signal);
  }

  /** Deletes all expectations (this must be said explicitly), or those of one helper. */
  async flush(scope: ExpectationFlushScope, options: { signal?: AbortSignal } = {}): Promise<void> {
    checkOptions('expectations.flush', options, OPERATION_RULES);
    checkOptions('expectations.flush', scope, FLUSH_RULES, invalidChange);
    const { all, helper } = scope as { all?: true; helper?: string };
    if ((all === true) === (helper !== undefined && helper !== ''))
      throw invalidChange('pass the helper whose expectations to flush ({ helper }), or { all: true }');
    this.#writable();
    await this.#expectations().flush(scope, options.signal);
  }

  /** Subscribes to events of expectations from now on. @throws TableError UNSUPPORTED */
  events(options: ExpectationEventOptions = {}): ExpectationEvents {
    checkOptions('expectations.events', options, EXPECTATION_EVENT_RULES);
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
    if (!this.#source.info.writable) throw new TableError('READ_ONLY', `${this.#source.info.name} is read-only`);
  }
}
