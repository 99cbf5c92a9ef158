import type { Flow, FlowRef } from '@conntrack/flow';
import { checkFlowRef, checkOptions } from '@conntrack/flow/checks';
import type { LookUp } from '../change/batch.js';
import { writeGet } from '../change/flow.js';
import type { KernelFilter } from '../change/push-down.js';
import { DONE } from '../change/send-window.js';
import { filterFamily, writeKernelFilter } from '../change/write-kernel-filter.js';
import { EntryCursor } from '../entry/cursor.js';
import { UnknownByKind } from '../entry/unknown.js';
import { OPERATION, type OperationOptions } from '../socket/options.js';
import type { Session } from '../socket/session.js';
import type { Slab } from '../socket/slab-stream.js';
import { NetlinkError, notEncodable } from '../wire/error.js';
import * as U from '../wire/uapi.js';
import { type DumpSlab, dumpAll, type FilteredSlab } from './dumps.js';
import { OneByOne } from './one-by-one.js';
import { DUMP, DUMPS, type DumpOptions, type DumpsOptions, LIST, type ListOptions } from './options.js';
import { lookUpEntry, windows } from './requests.js';

const MESSAGES = {
  conntrack: U.IPCTNL_MSG_CT_GET,
  dying: U.IPCTNL_MSG_CT_GET_DYING,
  unconfirmed: U.IPCTNL_MSG_CT_GET_UNCONFIRMED,
} as const;

/** The part of a client that reads: dumps, lists and look-ups. */
export abstract class ReadingClient {
  protected readonly session: Session;
  #unknown = 0;

  protected constructor(session: Session) {
    this.session = session;
  }

  /**
   * Number of flows built by {@link list} that had attributes unknown to this library; they are in `flow.unknown`. An event stream counts
   * its own.
   */
  get flowsWithUnknown(): number {
    return this.#unknown;
  }

  /**
   * Yields the table's entries as slabs of bytes, received on a native thread. A slow loop pauses the kernel (back-pressure).
   *
   * With `reuse`, a slab belongs to the loop only until it asks for the next one, and the same memory is used again: for loops that keep
   * nothing. A cursor that is used after that throws `STALE`.
   */
  async *dump(options: DumpOptions & { reuse?: boolean } = {}): AsyncGenerator<DumpSlab> {
    checkOptions('dump', options, DUMP);
    const { reuse = false } = options;
    const unknownByKind = new UnknownByKind();
    for await (const { buffer, length } of this.#slabs(options, reuse)) {
      const given: EntryCursor[] = [];
      let gone = false;
      const cursor = (): EntryCursor => {
        const made = new EntryCursor(buffer, length, false, unknownByKind);
        if (gone) made.retire();
        else if (reuse) given.push(made);
        return made;
      };
      try {
        yield { cursor };
      } finally {
        gone = reuse;
        for (const each of given) each.retire();
      }
    }
  }

  /**
   * Yields the slabs of several dumps, as {@link dump} does, each with the index of its filter. An entry can match several filters and then
   * comes several times. If the kernel cannot filter (before 5.8), all entries are sent once.
   */
  dumps(filters: readonly KernelFilter[], options: DumpsOptions = {}): AsyncGenerator<FilteredSlab> {
    checkOptions('dumps', options, DUMPS);
    return dumpAll(filter => this.dump({ ...options, filter }), filters);
  }

  async *#slabs(options: DumpOptions, reuse: boolean): AsyncGenerator<Slab> {
    const { filter = {}, table = 'conntrack', zeroCounters = false, signal } = options;
    const narrow = Object.entries(filter).some(([name, value]) => name !== 'family' && value !== undefined);
    if (zeroCounters && (narrow || table !== 'conntrack'))
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'dump',
        'counters can be reset for the whole table or for one address family only',
      );
    if (table !== 'conntrack' && narrow)
      throw new NetlinkError('NOT_ENCODABLE', 'dump', `the kernel filters the ${table} entries by family only`);
    const family = filterFamily('dump', filter);
    const message = zeroCounters ? U.IPCTNL_MSG_CT_GET_CTRZERO : MESSAGES[table];
    yield* this.session.dump(
      'dump',
      (writer, sequence) => {
        writer.begin(U.NFNL_SUBSYS_CTNETLINK, message, U.NLM_F_REQUEST | U.NLM_F_DUMP, sequence, family);
        writeKernelFilter(writer, 'dump', filter);
        writer.end();
      },
      signal,
      reuse,
    );
  }

  /** Yields the table's entries as objects. With `match`, only flows for which it returns true are built. */
  list(options: ListOptions = {}): AsyncIterableIterator<Flow> {
    checkOptions('list', options, LIST);
    const { match, ...dump } = options;
    if (match !== undefined && options.zeroCounters === true)
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'dump',
        'the kernel would reset the counters of flows that `match` rejects',
      );
    // Flows keep none of the bytes, so the memory of the slabs is reused.
    return new OneByOne(this.dump({ ...dump, reuse: true }), slab => {
      const cursor = slab.cursor();
      return () => {
        while (cursor.next())
          if (match === undefined || match(cursor)) {
            const flow = cursor.flow();
            if (flow.unknown !== undefined) this.#unknown++;
            return flow;
          }
        return undefined;
      };
    });
  }

  /** Returns the entry that has this tuple, in either direction and with any id; `undefined` if there is none. */
  async get(ref: FlowRef, options: OperationOptions = {}): Promise<Flow | undefined> {
    checkOptions('get', options, OPERATION);
    options.signal?.throwIfAborted();
    return this.getEntry(ref)?.flow();
  }

  /**
   * Looks an entry up as {@link get} does, in a synchronous call: the kernel answers in microseconds, and a promise would cost as much
   * again. Returns a cursor, which is valid until the next request of this client.
   */
  getEntry(ref: FlowRef): EntryCursor | undefined {
    checkFlowRef('get', ref, notEncodable('get'));
    return lookUpEntry(this.session, ref);
  }

  /**
   * Returns the entries that have these tuples, in order; `undefined` where there is none. Ids are not compared. The look-ups are sent in
   * batches, off the event loop. @throws NetlinkError TUPLE_INCOMPLETE …
   */
  async getMany(refs: readonly FlowRef[], options: OperationOptions = {}): Promise<(Flow | undefined)[]> {
    checkOptions('getMany', options, OPERATION);
    const found = new Array<Flow | undefined>(refs.length).fill(undefined);
    const look: LookUp<number> = {
      needed: () => true,
      write: (writer, sequence, index) => writeGet(writer, sequence, refs[index]!),
      judge: (entry, index) => {
        found[index] = entry.flow();
        return DONE;
      },
    };
    for await (const outcomes of windows(this.session, 'get', refs.keys(), () => {}, options.signal, { look }))
      for (const each of outcomes) if (each.outcome === 'failed') throw each.error;
    return found;
  }
}
