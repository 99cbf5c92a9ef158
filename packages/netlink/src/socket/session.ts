import { closeSync, openSync } from 'node:fs';
import { EntryCursor } from '../entry/cursor.js';
import { moduleMissing, NetlinkError, type Operation } from '../wire/error.js';
import * as U from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import { acknowledged } from './acknowledged.js';
import { dumpSlabs } from './dump.js';
import { type Native, native } from './native.js';
import { namingNamespace, withNetns } from './netns.js';
import type { OpenOptions } from './options.js';
import { type Place, Requester } from './request.js';
import type { Slab } from './slab-stream.js';
import { openSocket } from './socket.js';
import { SpacePool } from './space-pool.js';
import { traced } from './trace.js';

/** Writes one message under a sequence number. */
export type Write = (writer: MessageWriter, sequence: number) => void;

const isInvalid = (error: unknown): error is NetlinkError => error instanceof NetlinkError && error.code === 'EINVAL';

/** What all operations of a client share: its namespace, the socket of small requests, and the sequence of all of them. */
export class Session {
  readonly addon: Native;
  readonly #requester: Requester;
  readonly #writer = new MessageWriter();
  #entry: EntryCursor | undefined;
  /** Descriptor of the namespace, and whether it is ours to close; −1 is the process's own. */
  readonly #netns: number;
  readonly #ownsNetns: boolean;
  /** The memory of dumps that are over. */
  readonly #pool = new SpacePool();
  #sequence = 0;
  #closed = false;

  /** @throws NetlinkError, NativeMissingError */
  constructor({ netns, native: given }: OpenOptions) {
    const addon = given ?? native();
    this.addon = debugging() ? traced(addon, line => process.stderr.write(`${line}\n`)) : addon;
    // −1, the answer of a call that failed, would be the process's own namespace; so would a null.
    if (netns !== undefined && typeof netns !== 'string' && !(Number.isInteger(netns) && netns >= 0))
      throw new NetlinkError(
        'EBADF',
        'open',
        `a network namespace must be a name, a path or a file descriptor, got ${netns} (EBADF)`,
      );
    // A name may be given to another namespace later: the descriptor stays with the one that was meant.
    this.#ownsNetns = typeof netns === 'string';
    this.#netns =
      typeof netns === 'string' ? withNetns(netns, fd => openSync(`/proc/self/fd/${fd}`, 'r')) : (netns ?? -1);
    try {
      this.#requester = new Requester(this.addon, this.#open());
    } catch (error) {
      if (this.#ownsNetns) closeSync(this.#netns);
      throw namingNamespace(error, netns);
    }
  }

  next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    return this.#sequence;
  }

  /** A socket of an operation's own, which closes it. @throws NetlinkError CLOSED, EMFILE … */
  socket(operation: Operation): number {
    this.#check(operation);
    return this.#open();
  }

  /** A small request and its answer's message, within the call; `undefined` for a bare acknowledgement. @throws NetlinkError */
  ask(operation: Operation, write: Write): Uint8Array | undefined {
    const place = this.#ask(operation, write);
    return place && this.#requester.buffer.slice(place.start, place.end);
  }

  /** The same where an entry is the answer: a cursor that stands on it until the next request. @throws NetlinkError */
  askEntry(operation: Operation, write: Write): EntryCursor | undefined {
    const place = this.#ask(operation, write);
    if (place === undefined) return undefined;
    this.#entry ??= new EntryCursor(this.#requester.buffer, 0);
    return this.#entry.between(place.start, place.end).next() ? this.#entry : undefined;
  }

  #ask(operation: Operation, write: Write): Place | undefined {
    this.#check(operation);
    const sequence = this.next();
    const writer = this.#writer.clear();
    write(writer, sequence);
    try {
      return this.#requester.ask(writer.bytes(), sequence, operation);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** The same error; EINVAL may mean that there is nobody in the kernel to ask, which then holds for the plainest request too. */
  #explained(error: unknown): unknown {
    if (!isInvalid(error)) return error;
    const writer = new MessageWriter();
    const sequence = this.next();
    writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS, U.NLM_F_REQUEST, sequence, 0).end();
    try {
      this.#requester.ask(writer.bytes(), sequence, error.operation);
    } catch (second) {
      if (isInvalid(second)) return moduleMissing(error);
    }
    return error;
  }

  /** Makes sure that the kernel has connection tracking over netlink: it lets anybody listen to events that nobody sends. @throws NetlinkError MODULE_MISSING */
  checkModule(operation: Operation): void {
    this.ask(operation, (writer, sequence) =>
      writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS, U.NLM_F_REQUEST, sequence, 0).end(),
    );
  }

  /** A request that walks the table, on a socket of its own and off the event loop. @throws NetlinkError */
  async askAway(operation: Operation, write: Write): Promise<void> {
    const fd = this.socket(operation);
    try {
      await acknowledged(this.addon, fd, operation, this.next(), write);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.addon.close(fd);
    }
  }

  /** The slabs of a dump, received on a thread; with `reuse` each is gone with the next. */
  dump(operation: Operation, write: Write, signal: AbortSignal | undefined, reuse = false): AsyncGenerator<Slab> {
    const writer = new MessageWriter();
    write(writer, this.next());
    return this.#slabs(
      dumpSlabs(this.addon, this.socket(operation), writer.bytes(), operation, signal, reuse, this.#pool),
    );
  }

  async *#slabs(slabs: AsyncGenerator<Slab>): AsyncGenerator<Slab> {
    try {
      yield* slabs;
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** A dump that takes no more than its kind. */
  dumpRequest(operation: Operation, subsystem: number, message: number, signal?: AbortSignal): AsyncGenerator<Slab> {
    return this.dump(
      operation,
      (writer, sequence) => writer.begin(subsystem, message, U.NLM_F_REQUEST | U.NLM_F_DUMP, sequence, 0).end(),
      signal,
    );
  }

  /** A file as the namespace's own threads see it; `undefined` when it is not there. */
  readFile(path: string): string | undefined {
    const buffer = new Uint8Array(4096);
    const length = this.addon.readFile(this.#netns, path, buffer);
    return length < 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, length)).trim();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#requester.close();
    if (this.#ownsNetns) closeSync(this.#netns);
  }

  #open(): number {
    return openSocket(this.addon, this.#netns === -1 ? undefined : this.#netns);
  }

  #check(operation: Operation): void {
    if (this.#closed) throw new NetlinkError('CLOSED', operation, 'this client was closed');
  }
}

/** CONNTRACK_DEBUG=netlink: every message on standard error, decoded. */
const debugging = (): boolean => (process.env.CONNTRACK_DEBUG ?? '').split(',').includes('netlink');
