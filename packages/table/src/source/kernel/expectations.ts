import type { Expectation } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import type { Conntrack, EventStream, ExpectationFlushScope, ExpectationRef } from '@conntrack/netlink';
import type {
  ExpectationEventOptions,
  ExpectationEvents,
  ExpectationSource,
  ExpectationTableEvent,
} from '../expectations.js';
import { fromNetlink } from './errors.js';

/** The kernel's events as a table's events: only expectations, and gaps with their reason. */
class KernelExpectationEvents implements ExpectationEvents {
  readonly #stream: EventStream;

  constructor(stream: EventStream) {
    this.#stream = stream;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ExpectationTableEvent> {
    try {
      for await (const item of this.#stream)
        if (item.type === 'gap') yield { type: 'gap', reason: item.error.message };
        else if ('expectation' in item) yield item;
    } catch (error) {
      throw fromNetlink(error);
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

const given = (signal: AbortSignal | undefined): { signal?: AbortSignal } => (signal ? { signal } : {});

/** The expectations of a kernel's table. */
export class KernelExpectations implements ExpectationSource {
  readonly #conntrack: Conntrack;

  constructor(conntrack: Conntrack) {
    this.#conntrack = conntrack;
  }

  async *list(signal?: AbortSignal): AsyncGenerator<Expectation> {
    try {
      yield* this.#conntrack.expectations.list(given(signal));
    } catch (error) {
      throw fromNetlink(error);
    }
  }

  async delete(ref: ExpectationRef, signal?: AbortSignal): Promise<void> {
    try {
      await this.#conntrack.expectations.delete(ref, given(signal));
    } catch (error) {
      const failure = fromNetlink(error);
      throw failure instanceof TableError && failure.code === 'FLOW_NOT_FOUND'
        ? new TableError('FLOW_NOT_FOUND', 'the expectation does not exist, or no longer exists', { cause: error })
        : failure;
    }
  }

  async flush(scope: ExpectationFlushScope, signal?: AbortSignal): Promise<void> {
    try {
      await this.#conntrack.expectations.flush(scope, given(signal));
    } catch (error) {
      throw fromNetlink(error);
    }
  }

  events({ types = ['new', 'update', 'destroy'], buffer, signal }: ExpectationEventOptions): ExpectationEvents {
    try {
      return new KernelExpectationEvents(
        this.#conntrack.events({
          flows: [],
          expectations: types,
          ...(buffer !== undefined && { buffer }),
          ...given(signal),
        }),
      );
    } catch (error) {
      throw fromNetlink(error);
    }
  }
}
