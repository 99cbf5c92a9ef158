import { compileFilter } from '@conntrack/filter/compile';
import {
  type Expectation,
  type Flow,
  type FlowChange,
  type FlowEventType,
  FlowObjectCursor,
  type FlowRef,
  invertTuple,
  keyOf,
  type NewFlow,
  protocolOf,
  STATUS,
  sameConnection,
  stateNumber,
  statusMask,
  statusNames,
} from '@conntrack/flow';
import {
  anything,
  callback,
  checkFlowChange,
  checkNewFlow,
  checkOptions,
  newStatusRefusal,
  type OptionRules,
  statusRefusal,
  text,
  whole,
} from '@conntrack/flow/checks';
import { type SourceInfo, type TableCapabilities, TableError, type TableFlushScope } from '@conntrack/flow/table';
import type { Dropped } from '@conntrack/netlink';
import { flushFilter } from '../../change/flush.js';
import { selectEvents } from '../../events/selected-events.js';
import { invalidChange } from '../../option-rules.js';
import type { LocalEventOptions, LocalTableEvents } from '../events.js';
import { batchOfFlows } from '../object-rows.js';
import { allRecorded, hasAll, noteRecorded, type Recorded } from '../recorded.js';
import type { RowBatch } from '../rows.js';
import type { ChangeOutcome, Check, ScanOptions, TableSource } from '../source.js';
import { directionKey } from '../tuple-key.js';
import { checkTuple } from './check-tuple.js';
import { EventHub } from './event-hub.js';
import { MemoryExpectations } from './expectations.js';

/** Number of rows in a batch. */
const BATCH = 1000;
/** The kernel's default limit, so that "table full" can happen on a laptop. */
const DEFAULT_MAX = 262_144;

/** Options of a table in memory. */
export interface MemoryOptions {
  /** The name of the source: `memory:FILE`. */
  name?: string;
  /** Maximum number of entries (default: 262,144). */
  max?: number;
  /** Returns the milliseconds by which timeouts run down. Without a clock, time stands still and nothing expires. */
  clock?: () => number;
  /** The expectations of the table. */
  expectations?: Iterable<Expectation>;
}
const MEMORY_RULES: OptionRules<MemoryOptions> = { name: text, max: whole(), clock: callback, expectations: anything };

interface Entry {
  flow: Flow;
  /** When the entry expires, by the clock; absent for entries without a timeout. */
  expires?: number;
}

/** Returns the zone of one direction. */
const zoneIn = (flow: Pick<Flow, 'zone' | 'original' | 'reply'>, direction: 'original' | 'reply'): number =>
  flow[direction].zone ?? flow.zone ?? 0;

/**
 * A table in this process, for laptops, demonstrations and the tests of controllers. Wherever a caller could notice a difference, it
 * behaves as the kernel does.
 */
export class MemorySource implements TableSource {
  readonly info: SourceInfo;
  readonly #entries = new Map<string, Entry>();
  /** The key of the entry of each reply tuple: the kernel looks up both directions. */
  readonly #replies = new Map<string, string>();
  readonly #max: number;
  readonly #clock: () => number;
  readonly #events = new EventHub();
  readonly expectations: MemoryExpectations;
  #nextId = 1;

  constructor(flows: Iterable<Flow> = [], options: MemoryOptions = {}) {
    checkOptions('MemorySource', options, MEMORY_RULES);
    this.info = { kind: 'memory', name: options.name ?? 'memory', writable: true };
    this.expectations = new MemoryExpectations(options.expectations ?? []);
    this.#max = options.max ?? DEFAULT_MAX;
    this.#clock = options.clock ?? (() => 0);
    for (const flow of flows) this.#insert(flow);
  }

  async size(): Promise<number> {
    this.expire();
    return this.#entries.size;
  }

  async capabilities(): Promise<TableCapabilities> {
    this.expire();
    return {
      count: this.#entries.size,
      max: this.#max,
      accounting: true,
      timestamps: true,
      writable: true,
      notes: this.#entries.size === 0 ? ['this table in memory is empty'] : [],
    };
  }

  async recorded(needs: Recorded): Promise<Recorded> {
    const found = allRecorded(false);
    if (this.#entries.size === 0) return allRecorded(true);
    for (const { flow } of this.#entries.values()) {
      noteRecorded(flow, found);
      if (hasAll(needs, found)) break;
    }
    return found;
  }

  async *scan({ signal }: ScanOptions): AsyncGenerator<RowBatch> {
    let flows: Flow[] = [];
    this.expire();
    for (const entry of this.#entries.values()) {
      flows.push(this.#current(entry));
      if (flows.length < BATCH) continue;
      signal?.throwIfAborted();
      yield batchOfFlows(flows);
      flows = [];
    }
    signal?.throwIfAborted();
    if (flows.length > 0) yield batchOfFlows(flows);
  }

  get(ref: FlowRef): Flow | undefined {
    checkTuple(ref);
    const entry = this.#find(ref);
    return entry && this.#current(entry);
  }

  async checkCreate(flow: NewFlow): Promise<void> {
    checkNewFlow(flow, invalidChange);
    const why = newStatusRefusal(flow);
    if (why !== undefined) throw invalidChange(`create: ${why}`);
    checkTuple(flow);
  }

  async create(flow: NewFlow): Promise<readonly Dropped[]> {
    await this.checkCreate(flow);
    this.expire();
    const { nat, labels, ...rest } = flow;
    const { original } = flow;
    const reply = { ...(flow.reply ?? invertTuple(original, flow.protonum)) };
    let status = (statusMask(flow.status ?? []) | STATUS.CONFIRMED) >>> 0;
    if (nat?.src) {
      reply.dst = nat.src.address;
      if (nat.src.port !== undefined) reply.dport = nat.src.port;
      status |= STATUS.SRC_NAT | STATUS.SRC_NAT_DONE;
    }
    if (nat?.dst) {
      reply.src = nat.dst.address;
      if (nat.dst.port !== undefined) reply.sport = nat.dst.port;
      status |= STATUS.DST_NAT | STATUS.DST_NAT_DONE;
    }
    const made: Flow = {
      ...rest,
      protocol: protocolOf(flow.protonum).name,
      original: { ...original, packets: 0, bytes: 0 },
      reply: { ...reply, packets: 0, bytes: 0 },
      status: statusNames(status >>> 0),
      mark: flow.mark ?? 0,
      use: 1,
      ...(labels !== undefined && { labels: [...labels] }),
    };
    if (this.#find(made) !== undefined) throw new TableError('FLOW_EXISTS', 'an entry with this tuple already exists');
    if (this.#entries.size >= this.#max)
      throw new TableError('NO_ROOM', `the table is full (${this.#max} entries); raise its limit or delete some`);
    if (!this.#insert(made)) throw new TableError('FLOW_EXISTS', 'an entry with this reply tuple already exists');
    this.#emit('new', this.#find(made)!);
    return [];
  }

  async update(ref: FlowRef, change: FlowChange): Promise<void> {
    checkFlowChange(change, invalidChange);
    const entry = this.#findExactly(ref);
    const { flow } = entry;
    const status = statusMask(flow.status ?? []);
    const why = change.status && statusRefusal(change.status, status);
    if (why !== undefined) throw invalidChange(`update: ${why}`);
    // The kernel sets the timeout before the status, so one change may set both a timeout and FIXED_TIMEOUT.
    if (change.timeout !== undefined && (status & STATUS.FIXED_TIMEOUT) !== 0)
      throw new TableError('FLOW_BUSY', 'the entry has FIXED_TIMEOUT, so its timeout cannot be changed');
    const wanted = change.status === undefined ? status : statusMask(change.status);
    const frozen = STATUS.EXPECTED | STATUS.CONFIRMED | STATUS.DYING;
    if (change.status !== undefined && ((wanted ^ status) & frozen & wanted) !== 0)
      throw new TableError('FLOW_BUSY', 'EXPECTED, CONFIRMED and DYING can be set by the kernel only');
    if (change.state !== undefined && stateNumber(flow.protonum, change.state) < 0)
      throw new TableError('INVALID_CHANGE', `${flow.protocol} has no state '${change.state}'`);
    const next: Flow = { ...flow };
    if (change.mark !== undefined)
      next.mark = (((flow.mark ?? 0) & ~(change.markMask ?? 0xffffffff)) ^ change.mark) >>> 0;
    if (change.status !== undefined) next.status = statusNames((status | wanted) >>> 0);
    if (change.labels !== undefined) {
      const mask = change.labelsMask;
      const kept = (flow.labels ?? []).filter(label => mask !== undefined && !mask.includes(Number(label)));
      next.labels = [...new Set([...kept, ...change.labels])].sort((one, other) => Number(one) - Number(other));
    }
    if (change.helper !== undefined) delete next.helper;
    if (change.state !== undefined) next.state = change.state.toUpperCase();
    entry.flow = next;
    if (change.timeout !== undefined) this.#setTimeout(entry, change.timeout);
    this.#emit('update', entry);
  }

  async delete(ref: FlowRef): Promise<void> {
    this.#remove(this.#findExactly(ref).flow);
  }

  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncGenerator<ChangeOutcome> {
    return this.#each(refs, ref => this.delete(ref), signal, check);
  }

  updateMany<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    change: FlowChange,
    signal?: AbortSignal,
    check?: Check<Ref>,
  ): AsyncGenerator<ChangeOutcome> {
    return this.#each(refs, ref => this.update(ref, change), signal, check);
  }

  async flush(scope: TableFlushScope): Promise<void> {
    const hit = compileFilter(flushFilter(scope));
    const cursor = new FlowObjectCursor();
    for (const { flow } of [...this.#entries.values()]) if (hit(cursor.move(flow))) this.#remove(flow);
  }

  close(): void {
    this.#events.close();
  }

  async *#each<Ref extends FlowRef>(
    refs: Iterable<Ref>,
    act: (ref: Ref) => Promise<void>,
    signal: AbortSignal | undefined,
    check: Check<Ref> | undefined,
  ): AsyncGenerator<ChangeOutcome> {
    for (const ref of refs) {
      signal?.throwIfAborted();
      try {
        const skipped = check?.(new FlowObjectCursor(this.#current(this.#findExactly(ref))), ref);
        if (skipped !== undefined) {
          yield { skipped };
          continue;
        }
        await act(ref);
        yield 'changed';
      } catch (error) {
        const { code } = error as TableError;
        yield code === 'FLOW_NOT_FOUND' || code === 'FLOW_REPLACED' ? 'gone' : { failed: error as Error };
      }
    }
  }

  #keys(flow: Pick<Flow, 'family' | 'protonum' | 'original' | 'reply' | 'zone'>): [string, string] {
    return [
      directionKey(flow.family, flow.protonum, flow.original, zoneIn(flow, 'original')),
      directionKey(flow.family, flow.protonum, flow.reply, zoneIn(flow, 'reply')),
    ];
  }

  /** Adds an entry; returns false if another entry has its reply tuple. Two equal lines of a capture are one entry. */
  #insert(flow: Flow): boolean {
    const [key, replyKey] = this.#keys(flow);
    const owner = this.#replies.get(replyKey);
    if (owner !== undefined && owner !== key) return false;
    const id = flow.id ?? this.#nextId++;
    const stored: Flow = { ...flow, id };
    stored.key = keyOf(stored)!;
    const entry: Entry = { flow: stored };
    if (flow.timeout !== undefined) this.#setTimeout(entry, flow.timeout);
    this.#entries.set(key, entry);
    this.#replies.set(replyKey, key);
    return true;
  }

  #remove(flow: Flow): void {
    const [key, replyKey] = this.#keys(flow);
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#emit('destroy', entry);
    this.#entries.delete(key);
    this.#replies.delete(replyKey);
  }

  #find(ref: FlowRef): Entry | undefined {
    const zone = ref.original.zone ?? ref.zone ?? 0;
    const key = directionKey(ref.family, ref.protonum, ref.original, zone);
    const entry = this.#entries.get(key) ?? this.#entries.get(this.#replies.get(key) ?? '');
    if (entry === undefined || !this.#expired(entry)) return entry;
    this.#remove(entry.flow);
    return undefined;
  }

  #findExactly(ref: FlowRef): Entry {
    const entry = this.#find(ref);
    if (entry === undefined) throw new TableError('FLOW_NOT_FOUND', 'no entry has this tuple');
    if (!sameConnection(new FlowObjectCursor(entry.flow), ref))
      throw new TableError('FLOW_REPLACED', 'another connection has this tuple now', {
        flow: this.#current(entry),
      });
    return entry;
  }

  #setTimeout(entry: Entry, seconds: number): void {
    entry.flow.timeout = seconds;
    entry.expires = this.#clock() + seconds * 1000;
  }

  #expired(entry: Entry): boolean {
    return entry.expires !== undefined && entry.expires < this.#clock();
  }

  /** Ends the entries whose timeouts have run out by the clock. Every operation calls it first; call it to get `destroy` events without one. */
  expire(): void {
    for (const entry of this.#entries.values()) if (this.#expired(entry)) this.#remove(entry.flow);
  }

  events(options: LocalEventOptions): Promise<LocalTableEvents> {
    return selectEvents(this, options, rest => this.#events.subscribe(rest));
  }

  #emit(type: FlowEventType, entry: Entry): void {
    if (!this.#events.heard) return;
    const flow = this.#current(entry);
    // As in the kernel, an ended flow has no timeout.
    if (type === 'destroy') delete flow.timeout;
    this.#events.emit(type, flow);
  }

  /** Returns a copy of the flow, with the remaining timeout. */
  #current(entry: Entry): Flow {
    if (entry.expires === undefined) return { ...entry.flow };
    return { ...entry.flow, timeout: Math.max(0, Math.floor((entry.expires - this.#clock()) / 1000)) };
  }
}
