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

/** Writes one message with a sequence number. */
export type Write = (writer: MessageWriter, sequence: number) => void;

const isInvalid = (error: unknown): error is NetlinkError => error instanceof NetlinkError && error.code === 'EINVAL';

/** What all operations of a client share: its namespace, the socket of small requests, and the sequence numbers. */
export class Session {
  readonly addon: Native;
  readonly #requester: Requester;
  readonly #writer = new MessageWriter();
  #entry: EntryCursor | undefined;
  /** Descriptor of the namespace (−1: the process's own), and whether this session must close it. */
  readonly #netns: number;
  readonly #ownsNetns: boolean;
  /** Memory of finished dumps. */
  readonly #pool = new SpacePool();
  #sequence = 0;
  #closed = false;

  /** @throws NetlinkError, NativeMissingError */
  constructor({ netns, native: given }: OpenOptions) {
    const addon = given ?? native();
    this.addon = debugging() ? traced(addon, line => process.stderr.write(`${line}\n`)) : addon;
    // −1 (the result of a failed call) and null would silently mean the process's own namespace.
    if (netns !== undefined && typeof netns !== 'string' && !(Number.isInteger(netns) && netns >= 0))
      throw new NetlinkError(
        'EBADF',
        'open',
        `a network namespace must be a name, a path or a file descriptor, got ${netns} (EBADF)`,
      );
    // A name may be given to another namespace later; the descriptor keeps the intended one.
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

  /** Opens a socket for one operation, which must close it. @throws NetlinkError CLOSED, EMFILE … */
  socket(operation: Operation): number {
    this.#check(operation);
    return this.#open();
  }

  /** Sends a small request synchronously and returns the message of its answer; `undefined` for an acknowledgement. @throws NetlinkError */
  ask(operation: Operation, write: Write): Uint8Array | undefined {
    const place = this.#ask(operation, write);
    return place && this.#requester.buffer.slice(place.start, place.end);
  }

  /** Sends a small request synchronously and returns a cursor on the entry of its answer, valid until the next request. @throws NetlinkError */
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

  /** Explains an error. EINVAL may mean that the kernel has no connection tracking over netlink; then even the simplest request fails with it. */
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

  /**
   * Checks that the kernel has connection tracking over netlink. Without it, listening to events succeeds but none are sent. @throws
   * NetlinkError MODULE_MISSING
   */
  checkModule(operation: Operation): void {
    this.ask(operation, (writer, sequence) =>
      writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET_STATS, U.NLM_F_REQUEST, sequence, 0).end(),
    );
  }

  /** Sends a request that walks the table, on a socket of its own and off the event loop. @throws NetlinkError */
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

  /** Yields the slabs of a dump, received on a thread. With `reuse`, each slab is overwritten when the next one is requested. */
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

  /** Dumps with a request that has no attributes. */
  dumpRequest(operation: Operation, subsystem: number, message: number, signal?: AbortSignal): AsyncGenerator<Slab> {
    return this.dump(
      operation,
      (writer, sequence) => writer.begin(subsystem, message, U.NLM_F_REQUEST | U.NLM_F_DUMP, sequence, 0).end(),
      signal,
    );
  }

  /** Reads a file as the namespace's own threads see it; returns `undefined` if it does not exist. */
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

/** CONNTRACK_DEBUG=netlink prints every message, decoded, on standard error. */
const debugging = (): boolean => (process.env.CONNTRACK_DEBUG ?? '').split(',').includes('netlink');
