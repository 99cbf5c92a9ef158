import type { Flow, FlowRef } from '@conntrack/flow';
import { checkFlowRef, checkOptions } from '@conntrack/flow/checks';
import { DONE, type LookUp } from '../change/batch.js';
import { writeGet } from '../change/flow.js';
import { filterFamily, writeKernelFilter } from '../change/kernel-filter.js';
import type { KernelFilter } from '../change/push-down.js';
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
import { lookUpFlow, windows } from './requests.js';

const MESSAGES = {
  conntrack: U.IPCTNL_MSG_CT_GET,
  dying: U.IPCTNL_MSG_CT_GET_DYING,
  unconfirmed: U.IPCTNL_MSG_CT_GET_UNCONFIRMED,
} as const;

/** The reading half of a client: dumps, lists and look-ups. */
export abstract class ReadingClient {
  protected readonly session: Session;
  #unknown = 0;

  protected constructor(session: Session) {
    this.session = session;
  }

  /** Flows that {@link list} has built with attributes that this library does not know; they are in `flow.unknown`. An event stream counts its own. */
  get flowsWithUnknown(): number {
    return this.#unknown;
  }

  /**
   * The table's entries as slabs of bytes, received on a native thread, with back-pressure: a slow loop pauses the kernel. With `reuse` a slab is
   * the loop's own only until it asks for the next, and the same memory goes round: for loops that keep nothing. A cursor that was kept
   * throws `STALE` then.
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
   * The slabs of several dumps, as {@link dump} brings them, each with the filter that it was dumped by. An entry may come by more than one filter. Where the
   * kernel cannot filter so (before 5.8), everything comes once.
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

  /** The table's entries as objects; with `match`, only those it is true for are built. */
  list(options: ListOptions = {}): AsyncIterableIterator<Flow> {
    checkOptions('list', options, LIST);
    const { match, ...dump } = options;
    if (match !== undefined && options.zeroCounters === true)
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'dump',
        'the kernel would reset the counters of flows that `match` rejects',
      );
    // Flows hold none of the bytes, and so the slabs' memory goes round.
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

  /** The entry that has this tuple, in either direction, whatever its id; `undefined` when there is none. */
  async get(ref: FlowRef, options: OperationOptions = {}): Promise<Flow | undefined> {
    checkOptions('get', options, OPERATION);
    options.signal?.throwIfAborted();
    return this.getSync(ref);
  }

  /** What {@link get} resolves to, within the call: the kernel answers one look-up in microseconds, which a promise would cost as well. */
  getSync(ref: FlowRef): Flow | undefined {
    checkFlowRef('get', ref, notEncodable('get'));
    return lookUpFlow(this.session, ref);
  }

  /**
   * The entries that have these tuples, in order; `undefined` where there is none. Ids are not compared. The look-ups are sent in batches, off the
   * event loop. @throws NetlinkError TUPLE_INCOMPLETE …
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
