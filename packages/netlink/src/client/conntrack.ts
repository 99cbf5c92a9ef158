import {
  checkFlowChange,
  checkFlowRef,
  checkNewFlow,
  checkOptions,
  checkRefKeys,
  type Flow,
  type FlowChange,
  type FlowCursor,
  type FlowRef,
  type NewFlow,
} from '@conntrack/flow';
import type { CpuStats } from '@conntrack/flow/table';
import {
  type Batch,
  type BatchOutcome,
  DONE,
  type LookUp,
  runBatch,
  sizeWindow,
  type WriteRequest,
} from '../change/batch.js';
import {
  createRefusal,
  type Dropped,
  droppedOf,
  isBare,
  isDoubtful,
  needsProof,
  portsMayBeIgnored,
  timeoutRefusal,
  updateRefusal,
} from '../change/drops.js';
import { writeCreate, writeDelete, writeGet, writeUpdate } from '../change/flow.js';
import { conditionsOf, type FlushScope, writeFlush } from '../change/flush.js';
import { filterFamily, writeKernelFilter } from '../change/kernel-filter.js';
import { type Check, depends, judge, lookUps, statusFor } from '../change/look-up.js';
import type { KernelFilter } from '../change/push-down.js';
import { EntryCursor } from '../entry/cursor.js';
import { Shapes } from '../entry/unknown.js';
import { type EventOptions, EventStream } from '../events/stream.js';
import { type WatchItem, type WatchOptions, watch } from '../events/watch.js';
import { Expectations } from '../expectation/expectations.js';
import { type Capabilities, probeCapabilities, UNPROVEN } from '../probe/capabilities.js';
import { honoredConditions } from '../probe/flush.js';
import { type OpenOptions, type OperationOptions, Session } from '../socket/session.js';
import type { Slab } from '../socket/slab-stream.js';
import { kernelError, NetlinkError, namingBusyBits, namingModules, type Operation } from '../wire/error.js';
import { messages } from '../wire/message.js';
import * as U from '../wire/uapi.js';
import { type DumpSlab, dumpAll, type FilteredSlab } from './dumps.js';
import { OneByOne } from './one-by-one.js';
import {
  CREATE,
  DUMP,
  EVENTS,
  LIST,
  MANY,
  notEncodable,
  OPEN,
  OPERATION,
  UPDATE,
  UPDATE_MANY,
  WATCH,
} from './options.js';
import { readCount, readCpuStats, type TableCount } from './stats.js';

/** errno of a look-up that found nothing. */
const ENOENT = 2;

/** Which entries a dump brings, and what it does to them. */
export interface DumpOptions extends OperationOptions {
  /** What the kernel leaves out. Only what it is proven to compare rightly can be given. */
  filter?: KernelFilter;
  /** Sets packet and byte counters to 0 as they are read. Of a filter only the family can stand beside it, and no `match`: the kernel would zero more than is shown. What had been read ahead
   * when a loop is left is zeroed unseen. */
  zeroCounters?: boolean;
  /** Entries that are ending, or not confirmed yet, instead of the table's; the kernel filters them by family alone. */
  table?: 'conntrack' | 'dying' | 'unconfirmed';
}

/** {@link DumpOptions} of entries as objects. */
export interface ListOptions extends DumpOptions {
  /** Only flows that it is true for are built. */
  match?: (cursor: FlowCursor) => boolean;
}

/** How an entry is changed. */
export interface UpdateOptions extends OperationOptions {
  /**
   * Parts of a request that the kernel drops while it answers success: status bits of its own, timeouts beyond what it can count, ports of a
   * protocol without a tracker. They are refused (NOT_ENCODABLE); with `allow` the request is sent as it is.
   */
  drops?: 'refuse' | 'allow';
}

/** How an entry is made. */
export interface CreateOptions extends UpdateOptions {
  /** An entry that has the tuple, in either direction, is changed instead. */
  replace?: boolean;
}

const MESSAGES = {
  conntrack: U.IPCTNL_MSG_CT_GET,
  dying: U.IPCTNL_MSG_CT_GET_DYING,
  unconfirmed: U.IPCTNL_MSG_CT_GET_UNCONFIRMED,
} as const;

/** Options of many changes. */
export interface ManyOptions<Ref extends FlowRef = FlowRef> extends OperationOptions {
  /** Called for each entry as it is just before its request. What it answers is the reason why the entry is skipped. */
  check?: Check<Ref> | undefined;
}

const refused = (operation: Operation, why: string): NetlinkError =>
  notEncodable(operation)(`${operation}: ${why}`) as NetlinkError;

/** Refuses what the kernel would drop of a change. `there` is the entry's status, where it was looked up. */
function refuseDrops(ref: FlowRef, change: FlowChange, there: number | undefined, drops: 'refuse' | 'allow'): void {
  const why = drops === 'allow' ? undefined : updateRefusal(ref, change, there ?? 0);
  if (why !== undefined) throw refused('update', why);
}

/** What only some batches have. */
type BatchExtras<T> = Pick<Batch<T>, 'look' | 'explain' | 'prepare' | 'done'>;

/** A client of the kernel's connection tracking table in one network namespace. */
export class Conntrack {
  readonly #session: Session;
  /** The expectations that helpers (FTP, SIP …) have of connections to come. */
  readonly expectations: Expectations;

  #unknown = 0;

  private constructor(session: Session) {
    this.#session = session;
    this.expectations = new Expectations(session);
  }

  /** Opens a client. Privilege is asked for by the first request, not here. @throws NetlinkError, NativeMissingError */
  static open(options: OpenOptions = {}): Conntrack {
    checkOptions('open', options, OPEN);
    return new Conntrack(new Session(options));
  }

  /** Flows that {@link list} has built with attributes that this library does not know; they are in `flow.unknown`. An {@link EventStream} counts its own. */
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
    const shapes = new Shapes();
    for await (const { buffer, length } of this.#slabs(options, reuse)) {
      const given: EntryCursor[] = [];
      let gone = false;
      const cursor = (): EntryCursor => {
        const made = new EntryCursor(buffer, length, false, shapes);
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
  dumps(
    filters: readonly KernelFilter[],
    options: Omit<DumpOptions, 'filter' | 'zeroCounters'> & { reuse?: boolean } = {},
  ): AsyncGenerator<FilteredSlab> {
    return dumpAll(filter => this.dump({ ...options, filter }), filters);
  }

  async *#slabs(options: DumpOptions, reuse: boolean): AsyncGenerator<Slab> {
    const { filter = {}, table = 'conntrack', zeroCounters = false, signal } = options;
    const narrow = Object.entries(filter).some(([name, value]) => name !== 'family' && value !== undefined);
    if (zeroCounters && (narrow || table !== 'conntrack'))
      throw new NetlinkError('NOT_ENCODABLE', 'dump', 'counters can be zeroed for the whole table, or a family, only');
    if (table !== 'conntrack' && narrow)
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'dump',
        `the kernel filters the ${table} entries by nothing but a family`,
      );
    const family = filterFamily('dump', filter);
    const message = zeroCounters ? U.IPCTNL_MSG_CT_GET_CTRZERO : MESSAGES[table];
    yield* this.#session.dump(
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
        'the kernel would zero the counters of more flows than `match` shows',
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
    checkFlowRef('get', ref, notEncodable('get'));
    return this.#get(ref, options.signal);
  }

  #get(ref: FlowRef, signal?: AbortSignal): Flow | undefined {
    signal?.throwIfAborted();
    const flow = this.#find(ref);
    // A kernel without the protocol's tracker ignores the ports of the request.
    return flow === undefined || isBare(ref, flow) ? undefined : flow;
  }

  #find(ref: FlowRef): Flow | undefined {
    try {
      return this.#session.askEntry('get', (writer, sequence) => writeGet(writer, sequence, ref))?.flow();
    } catch (error) {
      if (error instanceof NetlinkError && error.errnoName === 'ENOENT') return undefined;
      throw error;
    }
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
    for await (const outcomes of this.#windows('get', refs.keys(), () => {}, options.signal, { look }))
      for (const each of outcomes) if (each.outcome === 'failed') throw each.error;
    return found;
  }

  /**
   * Makes an entry; with `replace` an entry that has its tuple, in either direction, is changed instead. Answers what the kernel dropped of it, which only
   * shows afterwards: labels, where no firewall rule uses labels.
   *
   * @throws NetlinkError NOT_ENCODABLE for what the kernel is known to drop; EEXIST, EINVAL …
   */
  async create(flow: NewFlow, options: CreateOptions = {}): Promise<readonly Dropped[]> {
    checkOptions('create', options, CREATE);
    checkNewFlow(flow, notEncodable('create'));
    options.signal?.throwIfAborted();
    const { replace = false } = options;
    await this.#checkCreate(flow, options);
    try {
      this.#session.ask('create', (writer, sequence) => writeCreate(writer, sequence, flow, replace));
    } catch (error) {
      throw error instanceof NetlinkError ? namingModules(replace)(error, flow) : error;
    }
    return this.#droppedOf(flow, replace);
  }

  /** What the kernel dropped of an entry that was just made. */
  #droppedOf(flow: NewFlow, replace: boolean): readonly Dropped[] {
    if (!isDoubtful(flow, replace)) return [];
    const { family, protonum, original, zone } = flow;
    const made = this.#find({ family, protonum, original, ...(zone !== undefined && { zone }) });
    return made === undefined ? [] : droppedOf(flow, made);
  }

  async #checkCreate(flow: NewFlow, { drops = 'refuse' }: CreateOptions): Promise<void> {
    if (drops === 'allow') return;
    const why = createRefusal(flow, needsProof(flow) ? await this.capabilities() : UNPROVEN);
    if (why !== undefined) throw refused('create', why);
  }

  /** Refuses a flow that the kernel would not make, as far as that is known before, and sends nothing. @throws NetlinkError NOT_ENCODABLE */
  async checkCreate(flow: NewFlow): Promise<void> {
    checkNewFlow(flow, notEncodable('create'));
    await this.#checkCreate(flow, {});
  }

  /** Refuses a change that the kernel would not make of any entry, and sends nothing. @throws NetlinkError NOT_ENCODABLE */
  async checkChange(change: FlowChange): Promise<void> {
    checkFlowChange(change, notEncodable('update'));
    await this.#checkTimeout(change, {});
  }

  async #checkTimeout({ timeout }: FlowChange, { drops = 'refuse' }: UpdateOptions): Promise<void> {
    if (drops === 'allow' || !needsProof({ ...(timeout !== undefined && { timeout }) })) return;
    const why = timeoutRefusal(timeout, await this.capabilities());
    if (why !== undefined) throw refused('update', why);
  }

  /**
   * Changes an entry. The kernel cannot compare id and reply tuple in an update: both are compared with a look-up just before.
   *
   * @throws NetlinkError FLOW_REPLACED, ENOENT, EBUSY, EPERM (the timeout of a FIXED_TIMEOUT entry), NOT_ENCODABLE for what the kernel is known to drop …
   */
  async update(ref: FlowRef, change: FlowChange, options: UpdateOptions = {}): Promise<void> {
    checkOptions('update', options, UPDATE);
    checkFlowRef('update', ref, notEncodable('update'));
    checkFlowChange(change, notEncodable('update'));
    options.signal?.throwIfAborted();
    await this.#checkTimeout(change, options);
    const { drops = 'refuse' } = options;
    const there = depends(ref, change) ? this.#statusOf(ref) : undefined;
    refuseDrops(ref, change, there, drops);
    const status = statusFor(change, there);
    try {
      this.#session.ask('update', (writer, sequence) =>
        writeUpdate(writer, sequence, U.NLM_F_ACK, ref, change, status),
      );
    } catch (error) {
      throw error instanceof NetlinkError ? namingBusyBits(error, change.status) : error;
    }
  }

  /** The status bits of the connection that is meant. @throws NetlinkError ENOENT, FLOW_REPLACED */
  #statusOf(ref: FlowRef): number {
    const entry = this.#session.askEntry('update', (writer, sequence) => writeGet(writer, sequence, ref));
    if (entry === undefined) throw kernelError('update', ENOENT);
    const judged = judge('update', entry, ref, undefined);
    if ('status' in judged) return judged.status;
    throw judged.outcome === 'failed' ? judged.error : kernelError('update', ENOENT);
  }

  /**
   * Deletes one entry: tuple, zone and id go along, so that a successor on the same tuple answers ENOENT. Where `ref` has an id and the reply tuple
   * (every `Flow` of a list has both), the reply tuple is sent: then a successor with the same id and another address translation answers ENOENT too.
   *
   * @throws NetlinkError TUPLE_INCOMPLETE, ENOENT
   */
  async delete(ref: FlowRef, options: OperationOptions = {}): Promise<void> {
    checkOptions('delete', options, OPERATION);
    checkFlowRef('delete', ref, notEncodable('delete'));
    options.signal?.throwIfAborted();
    // Without an id a kernel that does not track the protocol would delete the entry of other ports.
    if (ref.id === undefined && portsMayBeIgnored(ref) && this.#get(ref) === undefined)
      throw kernelError('delete', ENOENT);
    this.#session.ask('delete', (writer, sequence) => writeDelete(writer, sequence, U.NLM_F_ACK, ref));
  }

  /** Makes many entries in batches off the event loop: an outcome for each, in order. The signal stops between batches. */
  createMany(
    flows: Iterable<NewFlow> | AsyncIterable<NewFlow>,
    options: CreateOptions = {},
  ): AsyncIterableIterator<BatchOutcome> {
    checkOptions('createMany', options, CREATE);
    const { replace = false, drops = 'refuse', signal } = options;
    let known: Capabilities | undefined;
    return this.#batch(
      'create',
      flows,
      (writer, sequence, flow) => {
        checkNewFlow(flow, notEncodable('create'));
        const why = drops === 'allow' ? undefined : createRefusal(flow, known ?? UNPROVEN);
        if (why !== undefined) throw refused('create', why);
        writeCreate(writer, sequence, flow, replace, 0);
      },
      signal,
      {
        prepare: async window => {
          if (drops === 'refuse' && window.some(needsProof)) known ??= await this.capabilities();
        },
        explain: namingModules(replace),
        done: flow => {
          const dropped = this.#droppedOf(flow, replace);
          return dropped.length === 0 ? DONE : { outcome: 'done', dropped };
        },
      },
    );
  }

  /**
   * Deletes many entries, likewise. An entry that has ended, or whose tuple has another id or reply tuple, is `gone`. With `check` each entry is looked
   * up just before, and is left alone for the reason that `check` gives.
   */
  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref> | AsyncIterable<Ref>,
    options: ManyOptions<Ref> = {},
  ): AsyncIterableIterator<BatchOutcome> {
    checkOptions('deleteMany', options, MANY);
    const { signal, check } = options;
    const complain = notEncodable('delete');
    const write: WriteRequest<Ref> = (writer, sequence, ref) => {
      // With `check` references are of the caller's own type, and hold what it compares.
      if (check === undefined) checkRefKeys('delete', ref, complain);
      writeDelete(writer, sequence, 0, ref);
    };
    // Without an id a kernel that does not track the protocol would delete the entry of other ports.
    const needed = (ref: Ref): boolean => check !== undefined || (ref.id === undefined && portsMayBeIgnored(ref));
    return this.#batch('delete', refs, write, signal, { look: lookUps('delete', check, needed) });
  }

  /** Changes many entries, likewise. Those with an id or a reply tuple, with `status` to be set, or with `check`, are looked up just before. */
  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref> | AsyncIterable<Ref>,
    change: FlowChange,
    options: ManyOptions<Ref> & UpdateOptions = {},
  ): AsyncIterableIterator<BatchOutcome> {
    checkOptions('updateMany', options, UPDATE_MANY);
    const complain = notEncodable('update');
    checkFlowChange(change, complain);
    const { signal, check, drops = 'refuse' } = options;
    const write: WriteRequest<Ref> = (writer, sequence, ref, status) => {
      // With `check` references are of the caller's own type, and hold what it compares.
      if (check === undefined) checkRefKeys('update', ref, complain);
      refuseDrops(ref, change, status, drops);
      writeUpdate(writer, sequence, 0, ref, change, statusFor(change, status));
    };
    return this.#batch('update', refs, write, signal, {
      look: lookUps('update', check, ref => check !== undefined || depends(ref, change)),
      explain: error => namingBusyBits(error, change.status),
      prepare: () => this.#checkTimeout(change, options),
    });
  }

  #batch<T>(
    operation: Operation,
    items: Iterable<T> | AsyncIterable<T>,
    write: WriteRequest<T>,
    signal: AbortSignal | undefined,
    more: BatchExtras<T> = {},
  ): AsyncIterableIterator<BatchOutcome> {
    return new OneByOne(this.#windows(operation, items, write, signal, more), outcomes => {
      let next = 0;
      return () => outcomes[next++];
    });
  }

  async *#windows<T>(
    operation: Operation,
    items: Iterable<T> | AsyncIterable<T>,
    write: WriteRequest<T>,
    signal: AbortSignal | undefined,
    more: BatchExtras<T>,
  ): AsyncGenerator<BatchOutcome[]> {
    const { addon } = this.#session;
    const fd = this.#session.socket(operation);
    try {
      const window = sizeWindow(addon, fd);
      const nextSequence = (): number => this.#session.next();
      yield* runBatch(items, { addon, fd, window, operation, write, nextSequence, signal, ...more });
    } finally {
      addon.close(fd);
    }
  }

  /**
   * Empties the table, or what a scope says of it, off the event loop. A condition that this kernel is not proven to honour is refused: an older
   * one would ignore it, and empty the table.
   */
  async flush(scope: FlushScope, options: OperationOptions = {}): Promise<void> {
    checkOptions('flush', options, OPERATION);
    options.signal?.throwIfAborted();
    const conditions = conditionsOf(scope);
    if (conditions.length > 0) {
      const honored = await honoredConditions(this.#session.addon);
      const missing = conditions.filter(condition => !honored.has(condition));
      if (missing.length > 0)
        throw new NetlinkError(
          'NOT_ENCODABLE',
          'flush',
          `this kernel is not proven to flush by ${missing.join(' and ')} alone; delete the matching entries instead`,
        );
    }
    await this.#session.askAway('flush', (writer, sequence) => writeFlush(writer, sequence, scope));
  }

  /** How many entries there are, and can be; no walk of the table. */
  async count(): Promise<TableCount> {
    const answer = this.#session.ask('count', (writer, sequence) =>
      writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS, U.NLM_F_REQUEST, sequence, 0).end(),
    );
    return answer === undefined ? { count: 0 } : readCount(answer);
  }

  /** Counters of each CPU since boot. They are the namespace's own. */
  async cpuStats(options: OperationOptions = {}): Promise<CpuStats[]> {
    checkOptions('cpuStats', options, OPERATION);
    const stats: CpuStats[] = [];
    const { signal } = options;
    const slabs = this.#session.dumpRequest('stats', U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS_CPU, signal);
    for await (const { buffer, length } of slabs)
      for (const message of messages(buffer, length))
        if (message.type >> 8 === U.NFNL_SUBSYS_CTNETLINK) stats.push(readCpuStats(buffer, message));
    return stats;
  }

  /**
   * Events, from now on: the subscription stands when this returns. Entries older than the first listener send none where
   * `nf_conntrack_events` is 2, see {@link eventsMode}. @throws NetlinkError
   */
  events(options: EventOptions = {}): EventStream {
    checkOptions('events', options, EVENTS);
    return new EventStream(this.#session, options);
  }

  /** Who sends events, by this namespace's `net.netfilter.nf_conntrack_events`: nobody (0), all entries (1), those made while somebody listened (2). */
  eventsMode(): 'none' | 'all' | 'listened' | undefined {
    const mode = this.sysctl('net.netfilter.nf_conntrack_events');
    return mode === undefined ? undefined : (['none', 'all', 'listened'] as const)[Number(mode)];
  }

  /** The table as it is and what becomes of it: subscribes, dumps, then follows; after lost events it dumps anew. */
  watch(options: WatchOptions = {}): AsyncGenerator<WatchItem> {
    checkOptions('watch', options, WATCH);
    return watch(this, options);
  }

  /** What the running kernel can do, tried out once in a namespace made for it; see {@link Capabilities}. */
  capabilities(): Promise<Capabilities> {
    return probeCapabilities(this.#session.addon, Conntrack.open);
  }

  /** A sysctl of this client's namespace: `net.netfilter.nf_conntrack_acct`. `undefined` when the kernel has none of that name. */
  sysctl(name: string): string | undefined {
    return this.#session.readFile(`/proc/sys/${name.replaceAll('.', '/')}`);
  }

  /** Frees the socket. Dumps, batches and events under way have sockets of their own, and end by their loops or signals. Safe to call twice. */
  close(): void {
    this.#session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
