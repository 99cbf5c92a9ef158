import type { Expectation } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import type { ExpectationFlushScope, ExpectationRef } from '@conntrack/netlink';
import { type ExpectationSource, expectationKey } from '../expectations.js';

/** Expectations in memory. No helper adds any: there are those that the source was made with, and they can be deleted. */
export class MemoryExpectations implements ExpectationSource {
  readonly #kept = new Map<string, Expectation>();

  constructor(expectations: Iterable<Expectation>) {
    for (const expectation of expectations) {
      const kept = { ...expectation, id: expectation.id ?? this.#kept.size + 1 };
      this.#kept.set(expectationKey(kept)!, kept);
    }
  }

  async *list(): AsyncGenerator<Expectation> {
    yield* [...this.#kept.values()];
  }

  async delete({ family, protonum, tuple, zone, id }: ExpectationRef): Promise<void> {
    const found = [...this.#kept].find(
      ([key, kept]) =>
        (id === undefined || kept.id === id) &&
        key === expectationKey({ ...kept, family, protonum, tuple, ...(zone !== undefined && { zone }) }),
    );
    if (found === undefined) throw new TableError('FLOW_NOT_FOUND', 'the expectation does not exist');
    this.#kept.delete(found[0]);
  }

  async flush(scope: ExpectationFlushScope): Promise<void> {
    for (const [key, { helper }] of [...this.#kept])
      if (scope.all === true || helper === scope.helper) this.#kept.delete(key);
  }
}
