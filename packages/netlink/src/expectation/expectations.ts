import type { Expectation, FlowRef } from '@conntrack/flow';
import { checkOptions, type OptionRules, object } from '@conntrack/flow/checks';
import { writeGet } from '../change/flow.js';
import { OPERATION, type OperationOptions } from '../socket/options.js';
import type { Session } from '../socket/session.js';
import { NetlinkError } from '../wire/error.js';
import { messages } from '../wire/message.js';
import { type ExpectationCpuStats, readExpectationCpuStats } from '../wire/stats.js';
import * as U from '../wire/uapi.js';
import { expectationOf } from './decode.js';
import {
  type ExpectationRef,
  type NewExpectation,
  writeExpectationCreate,
  writeExpectationDelete,
  writeExpectationDump,
  writeExpectationFlush,
  writeExpectationGet,
} from './request.js';

/** The rules for the options of a list. */
const EXPECTATIONS: OptionRules<OperationOptions & { master?: FlowRef }> = {
  ...OPERATION,
  master: object,
};

/** What a flush of expectations deletes: all of them (this must be said explicitly), or those of one helper. */
export type ExpectationFlushScope = { readonly all: true } | { readonly all?: undefined; readonly helper: string };

/** The expectation table of a client's namespace: `conntrack.expectations`. */
export class Expectations {
  readonly #session: Session;

  /** @internal */
  constructor(session: Session) {
    this.#session = session;
  }

  /** Yields all expectations, or those of one connection. @throws NetlinkError */
  async *list(options: OperationOptions & { master?: FlowRef } = {}): AsyncGenerator<Expectation> {
    checkOptions('expectations.list', options, EXPECTATIONS);
    const { master, signal } = options;
    const slabs = this.#session.dump(
      'dumpExpectations',
      (writer, sequence) => writeExpectationDump(writer, sequence, master),
      signal,
    );
    for await (const { buffer, length } of slabs)
      for (const message of messages(buffer, length))
        if (message.type >> 8 === U.NFNL_SUBSYS_CTNETLINK_EXP) yield expectationOf(buffer, message);
  }

  /** Returns the expectation with this tuple (and id, if given); `undefined` if there is none. */
  async get(ref: ExpectationRef, options: OperationOptions = {}): Promise<Expectation | undefined> {
    checkOptions('expectations.get', options, OPERATION);
    options.signal?.throwIfAborted();
    try {
      const answer = this.#session.ask('getExpectation', (writer, next) => writeExpectationGet(writer, next, ref));
      for (const message of messages(answer ?? new Uint8Array(0))) return expectationOf(answer!, message);
      return undefined;
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /**
   * Creates an expectation. Its master must have a helper. @throws NetlinkError ENOENT (no such master), EOPNOTSUPP (the master has no
   * helper), NOT_ENCODABLE (the master has another helper), EBUSY …
   */
  async create(expectation: NewExpectation, options: OperationOptions = {}): Promise<void> {
    checkOptions('expectations.create', options, OPERATION);
    options.signal?.throwIfAborted();
    if (expectation.helper) this.#checkHelper(expectation, expectation.helper);
    this.#session.ask('createExpectation', (writer, next) => writeExpectationCreate(writer, next, expectation));
  }

  /** An expectation always gets the helper of its master, whatever name the request has (Linux 6.12, 6.18). */
  #checkHelper({ family, protonum, master, zone }: NewExpectation, helper: string): void {
    const { protonum: given, ...original } = master;
    const ref = { family, protonum: given ?? protonum, original, ...(zone !== undefined && { zone }) };
    const found = this.#session.askEntry('createExpectation', (writer, next) => writeGet(writer, next, ref));
    const own = found?.helper();
    if (own !== undefined && own !== helper)
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'createExpectation',
        `the master has the helper ${own}, so its expectations cannot have the helper ${helper}. Omit helper, or name that of the master`,
      );
  }

  /** Deletes one expectation. @throws NetlinkError TUPLE_INCOMPLETE, ENOENT */
  async delete(ref: ExpectationRef, options: OperationOptions = {}): Promise<void> {
    checkOptions('expectations.delete', options, OPERATION);
    options.signal?.throwIfAborted();
    this.#session.ask('deleteExpectation', (writer, next) => writeExpectationDelete(writer, next, ref));
  }

  /** Deletes all expectations, or those of one helper. @throws NetlinkError NOT_ENCODABLE if the scope says neither */
  async flush(scope: ExpectationFlushScope, options: OperationOptions = {}): Promise<void> {
    checkOptions('expectations.flush', options, OPERATION);
    options.signal?.throwIfAborted();
    const given = Object.entries(scope).filter(([, value]) => value !== undefined);
    const strange = given.find(([name]) => name !== (scope.all === true ? 'all' : 'helper'));
    const helper = scope.all === true ? undefined : scope.helper;
    // If a member were ignored, the flush would delete more than intended.
    if (strange !== undefined || (scope.all !== true && !helper))
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'flushExpectations',
        'pass the helper whose expectations to flush, or { all: true }',
      );
    await this.#session.askAway('flushExpectations', (writer, next) => writeExpectationFlush(writer, next, helper));
  }

  /** Returns the expectation counters of each CPU since boot. */
  async cpuStats(options: OperationOptions = {}): Promise<ExpectationCpuStats[]> {
    checkOptions('expectations.cpuStats', options, OPERATION);
    const stats: ExpectationCpuStats[] = [];
    const subsystem = U.NFNL_SUBSYS_CTNETLINK_EXP;
    const kind = U.IPCTNL_MSG_EXP_GET_STATS_CPU;
    // The kernel answers with the subsystem number of entries, whatever was asked (Linux 6.18).
    for await (const { buffer, length } of this.#session.dumpRequest('stats', subsystem, kind, options.signal))
      for (const message of messages(buffer, length))
        if ((message.type & 0xff) === kind && message.type > 0xff) stats.push(readExpectationCpuStats(buffer, message));
    return stats;
  }
}
