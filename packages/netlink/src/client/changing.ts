import type { FlowChange, FlowRef, NewFlow } from '@conntrack/flow';
import { checkFlowChange, checkFlowRef, checkNewFlow, checkOptions, checkRefKeys } from '@conntrack/flow/checks';
import type { WriteRequest } from '../change/batch.js';
import { type Capabilities, UNPROVEN } from '../change/capabilities.js';
import {
  createRefusal,
  type Dropped,
  droppedOf,
  isDoubtful,
  needsProof,
  portsMayBeIgnored,
  timeoutRefusal,
  updateRefusal,
} from '../change/drops.js';
import type { EntryDeletions } from '../change/entry-deletions.js';
import { writeCreate, writeDelete, writeGet, writeUpdate } from '../change/flow.js';
import { conditionsOf, type FlushScope, writeFlush } from '../change/flush.js';
import { depends, judge, lookUps, statusFor } from '../change/look-up.js';
import { type BatchOutcome, DONE, sizeWindow } from '../change/send-window.js';
import { sendWritten } from '../change/send-written.js';
import { honoredConditions } from '../probe/flush.js';
import { OPERATION, type OperationOptions } from '../socket/options.js';
import {
  kernelError,
  NetlinkError,
  namingBusyBits,
  namingModules,
  notEncodable,
  type Operation,
} from '../wire/error.js';
import * as U from '../wire/uapi.js';
import { OneByOne } from './one-by-one.js';
import {
  CREATE,
  type CreateOptions,
  MANY,
  type ManyOptions,
  UPDATE,
  UPDATE_MANY,
  type UpdateOptions,
} from './options.js';
import { ReadingClient } from './reading.js';
import { type BatchExtras, findEntry, lookUpEntry, windows } from './requests.js';

/** The errno of a look-up that found nothing. */
const ENOENT = 2;

const refused = (operation: Operation, why: string): NetlinkError =>
  notEncodable(operation)(`${operation}: ${why}`) as NetlinkError;

/** Refuses a change of which the kernel would drop a part. `there` is the entry's status, if it was looked up. */
function refuseDrops(ref: FlowRef, change: FlowChange, there: number | undefined, drops: 'refuse' | 'allow'): void {
  const why = drops === 'allow' ? undefined : updateRefusal(ref, change, there ?? 0);
  if (why !== undefined) throw refused('update', why);
}

/** The part of a client that changes entries. */
export abstract class ChangingClient extends ReadingClient {
  /** Returns what the running kernel supports. */
  abstract capabilities(): Promise<Capabilities>;

  /**
   * Creates an entry. With `replace`, an entry that has its tuple, in either direction, is changed instead.
   *
   * Returns what the kernel dropped and what shows only afterwards: labels, if no firewall rule uses labels.
   *
   * @throws NetlinkError NOT_ENCODABLE for values that the kernel is known to drop; EEXIST, EINVAL …
   */
  async create(flow: NewFlow, options: CreateOptions = {}): Promise<readonly Dropped[]> {
    checkOptions('create', options, CREATE);
    checkNewFlow(flow, notEncodable('create'));
    options.signal?.throwIfAborted();
    const { replace = false } = options;
    await this.#checkCreate(flow, options);
    try {
      this.session.ask('create', (writer, sequence) => writeCreate(writer, sequence, flow, replace));
    } catch (error) {
      throw error instanceof NetlinkError ? namingModules(replace)(error, flow) : error;
    }
    return this.#droppedOf(flow, replace);
  }

  /** Returns what the kernel dropped of an entry that was just created. */
  #droppedOf(flow: NewFlow, replace: boolean): readonly Dropped[] {
    if (!isDoubtful(flow, replace)) return [];
    const { family, protonum, original, zone } = flow;
    const made = findEntry(this.session, { family, protonum, original, ...(zone !== undefined && { zone }) });
    return made === undefined ? [] : droppedOf(flow, made.flow());
  }

  async #checkCreate(flow: NewFlow, { drops = 'refuse' }: CreateOptions): Promise<void> {
    if (drops === 'allow') return;
    const why = createRefusal(flow, needsProof(flow) ? await this.capabilities() : UNPROVEN);
    if (why !== undefined) throw refused('create', why);
  }

  /** Refuses a flow that the kernel would not create, as far as this is known in advance. Sends nothing. @throws NetlinkError NOT_ENCODABLE */
  async checkCreate(flow: NewFlow): Promise<void> {
    checkNewFlow(flow, notEncodable('create'));
    await this.#checkCreate(flow, {});
  }

  /** Refuses a change that the kernel would not make to any entry. Sends nothing. @throws NetlinkError NOT_ENCODABLE */
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
   * Changes an entry. The kernel does not compare id and reply tuple in an update, so a look-up just before compares both.
   *
   * @throws NetlinkError FLOW_REPLACED, ENOENT, EBUSY, EPERM (the timeout of a FIXED_TIMEOUT entry), NOT_ENCODABLE for values that the
   * kernel is known to drop …
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
      this.session.ask('update', (writer, sequence) => writeUpdate(writer, sequence, U.NLM_F_ACK, ref, change, status));
    } catch (error) {
      throw error instanceof NetlinkError ? namingBusyBits(error, change.status) : error;
    }
  }

  /** Returns the status bits of the referenced connection. @throws NetlinkError ENOENT, FLOW_REPLACED */
  #statusOf(ref: FlowRef): number {
    const entry = this.session.askEntry('update', (writer, sequence) => writeGet(writer, sequence, ref));
    if (entry === undefined) throw kernelError('update', ENOENT);
    const judged = judge('update', entry, ref, undefined);
    if ('status' in judged) return judged.status;
    throw judged.outcome === 'failed' ? judged.error : kernelError('update', ENOENT);
  }

  /**
   * Deletes one entry. Tuple, zone and id are sent, so that a successor on the same tuple is not deleted: the kernel returns ENOENT.
   *
   * If `ref` has an id and the reply tuple (every `Flow` of a list has both), the reply tuple is sent. Then a successor with the same id
   * and another address translation is not deleted either.
   *
   * @throws NetlinkError TUPLE_INCOMPLETE, ENOENT
   */
  async delete(ref: FlowRef, options: OperationOptions = {}): Promise<void> {
    checkOptions('delete', options, OPERATION);
    checkFlowRef('delete', ref, notEncodable('delete'));
    options.signal?.throwIfAborted();
    // Without an id, a kernel that does not track the protocol would delete the entry whatever its ports are.
    if (ref.id === undefined && portsMayBeIgnored(ref) && lookUpEntry(this.session, ref) === undefined)
      throw kernelError('delete', ENOENT);
    this.session.ask('delete', (writer, sequence) => writeDelete(writer, sequence, U.NLM_F_ACK, ref));
  }

  /** Creates many entries, in batches off the event loop. Yields one outcome for each, in order. The signal stops between batches. */
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
   * Deletes many entries, in batches off the event loop. Yields one outcome for each, in order.
   *
   * If an entry has ended, or its tuple has another id or reply tuple, the outcome is `gone`. With `check`, each entry is looked up just
   * before, and skipped if `check` returns a reason.
   */
  deleteMany<Ref extends FlowRef>(
    refs: Iterable<Ref> | AsyncIterable<Ref>,
    options: ManyOptions<Ref> = {},
  ): AsyncIterableIterator<BatchOutcome> {
    checkOptions('deleteMany', options, MANY);
    const { signal, check } = options;
    const complain = notEncodable('delete');
    const write: WriteRequest<Ref> = (writer, sequence, ref) => {
      // With `check`, references have the caller's own type and contain what it compares.
      if (check === undefined) checkRefKeys('delete', ref, complain);
      writeDelete(writer, sequence, 0, ref);
    };
    // Without an id, a kernel that does not track the protocol would delete the entry whatever its ports are.
    const needed = (ref: Ref): boolean => check !== undefined || (ref.id === undefined && portsMayBeIgnored(ref));
    return this.#batch('delete', refs, write, signal, { look: lookUps('delete', check, needed) });
  }

  /**
   * Deletes entries of a dump, in batches off the event loop, with the rules of {@link deleteMany}. Returns one outcome for each, in the order in which
   * they were added. `deletions` must not be changed until then.
   */
  async deleteEntries(deletions: EntryDeletions, options: OperationOptions = {}): Promise<BatchOutcome[]> {
    checkOptions('deleteEntries', options, OPERATION);
    const { addon } = this.session;
    const fd = this.session.socket('delete');
    try {
      return await sendWritten(deletions, {
        addon,
        fd,
        window: sizeWindow(addon, fd),
        operation: 'delete',
        signal: options.signal,
      });
    } finally {
      addon.close(fd);
    }
  }

  /**
   * Changes many entries, in batches off the event loop. Yields one outcome for each, in order. Entries are looked up just before if the
   * reference has an id or a reply tuple, if `status` is set, or with `check`.
   */
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
      // With `check`, references have the caller's own type and contain what it compares.
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

  /**
   * Deletes all entries, or those in a scope, off the event loop. A condition is refused if this kernel is not proven to apply it: an older
   * kernel would ignore it, and empty the table.
   */
  async flush(scope: FlushScope, options: OperationOptions = {}): Promise<void> {
    checkOptions('flush', options, OPERATION);
    options.signal?.throwIfAborted();
    const conditions = conditionsOf(scope);
    if (conditions.length > 0) {
      const honored = await honoredConditions(this.session.addon);
      const missing = conditions.filter(condition => !honored.has(condition));
      if (missing.length > 0)
        throw new NetlinkError(
          'NOT_ENCODABLE',
          'flush',
          `this kernel is not known to support a flush by ${missing.join(' and ')} only. Delete the matching entries instead`,
        );
    }
    await this.session.askAway('flush', (writer, sequence) => writeFlush(writer, sequence, scope));
  }

  #batch<T>(
    operation: Operation,
    items: Iterable<T> | AsyncIterable<T>,
    write: WriteRequest<T>,
    signal: AbortSignal | undefined,
    more: BatchExtras<T> = {},
  ): AsyncIterableIterator<BatchOutcome> {
    return new OneByOne(windows(this.session, operation, items, write, signal, more), outcomes => {
      let next = 0;
      return () => outcomes[next++];
    });
  }
}
