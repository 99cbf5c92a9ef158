import { checked, type Operation } from '../wire/error.js';
import type { Native, NativeStream } from './native.js';
import { hasUnreadMessages, setNetlinkOption } from './socket.js';
import { type Space, SpacePool } from './space-pool.js';

/** Size of a buffer in bytes: about 1,100 entries, or one to two milliseconds of the kernel's work. */
const SLAB = 256 * 1024;
/**
 * Sizes of the first buffers. They are smaller, so that the first entries arrive sooner: code that runs for the first time takes ten times
 * as long for each entry.
 */
const FIRST_SLABS = [SLAB / 8, SLAB / 8, SLAB / 4, SLAB / 4, SLAB / 2, SLAB / 2];
/** Number of buffers in use by a dump. The thread, and with it the kernel's dump, waits while none is free. */
const DUMP_DEPTH = 4;
/**
 * Number of free buffers that the thread has for events, which cannot wait: 12 MiB, enough for one turn of the event loop. Memory is
 * allocated as it is filled.
 */
const EVENT_DEPTH = 48;
/** Bytes that a slab costs beside its content: the objects around it, estimated high. */
const OVERHEAD = 1024;
/** Smaller slabs are copied and their buffer is reused: otherwise single events would cost 256 KiB each. */
const COPIED = SLAB / 8;

/** Bytes as they were received. They belong to the receiver and are never written again. */
export interface Slab {
  readonly buffer: Uint8Array;
  readonly length: number;
  /** The number of datagrams, then offset and sender's nsid (−1: own namespace) of each. */
  readonly datagrams: Int32Array;
  /** Positive errno of a failure after these bytes. ENOBUFS on a multicast socket does not end the stream. */
  readonly errno: number;
}

/** Sends a request and receives the answer on a thread of its own. Owns the socket. Keeps the process alive only while {@link next} is awaited. */
export class SlabStream {
  readonly #addon: Native;
  readonly #fd: number;
  readonly #native: NativeStream;
  readonly #pool: SpacePool;
  readonly #beingFilled: Space[] = [];
  readonly #idle: Space[] = [];
  readonly #filled: Slab[] = [];
  readonly #depth: number;
  /**
   * Maximum bytes of filled buffers up to which they are replaced by empty ones. Beyond it, the kernel's buffer takes the rest until it
   * overflows.
   */
  readonly #backlog: number;
  /** Bytes of memory in the filled slabs. */
  #held = 0;
  /** Number of buffers that were given to the thread. */
  #given = 0;
  /** Whether the thread has ended. */
  #ended = false;
  #closed = false;
  /** Whether a slab was taken in this turn of the event loop. */
  #taken = false;
  #errno = 0;
  #wake: (() => void) | undefined;

  /**
   * @param backlog maximum bytes of events that may wait; `undefined` for a dump, which the kernel pauses while none of its few buffers is
   * free
   *
   * @param pool gives the memory, and takes back that of recycled slabs
   */
  constructor(
    addon: Native,
    fd: number,
    request: Uint8Array,
    backlog: number | undefined,
    operation: Operation,
    pool: SpacePool = new SpacePool(),
  ) {
    const dump = backlog === undefined;
    this.#addon = addon;
    this.#fd = fd;
    this.#pool = pool;
    this.#depth = dump ? DUMP_DEPTH : EVENT_DEPTH;
    this.#backlog = backlog ?? 0;
    const stream = addon.stream(fd, request, dump, (length, errno, over) => this.#received(length, errno, over));
    if (typeof stream === 'number') {
      addon.close(fd);
      checked(stream, operation);
      throw new TypeError('the native part returned an unknown error number');
    }
    this.#native = stream;
    this.#refill();
  }

  /** Returns the next slab; `undefined` at the end. A failure to send or receive anything is reported by a last slab without bytes. */
  async next(): Promise<Slab | undefined> {
    // One slab for each turn of the event loop, so that a fast reader does not block others.
    if (this.#taken) await new Promise(setImmediate);
    for (;;) {
      const slab = this.#filled.shift();
      this.#taken = slab !== undefined;
      if (slab !== undefined) {
        this.#held -= costOf(slab);
        this.#refill();
        return slab;
      }
      if (this.#closed) return undefined;
      if (this.#ended) {
        const errno = this.#errno;
        this.#errno = 0;
        return errno === 0 ? undefined : { buffer: new Uint8Array(0), length: 0, datagrams: new Int32Array(1), errno };
      }
      this.#addon.hold(this.#native, true);
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
      if (!this.#ended) this.#addon.hold(this.#native, false);
    }
  }

  /** Makes {@link next} return an empty slab after those that wait. */
  interrupt(): void {
    this.#filled.push({ buffer: new Uint8Array(0), length: 0, datagrams: new Int32Array(1), errno: 0 });
    this.#held += OVERHEAD + 4;
    if (this.#wake !== undefined) setImmediate(this.#wake);
    this.#wake = undefined;
  }

  /** Gives back the memory of a slab, which must not be used any more. */
  recycle({ buffer, datagrams }: Slab): void {
    // A copied slab has memory of its own, of another size.
    if (buffer.length === SLAB && !this.#ended && !this.#closed) this.#idle.push({ buffer, datagrams });
    else if (buffer.length >= COPIED) this.#pool.keep({ buffer, datagrams });
  }

  /** Sets a netlink option of the socket, unless the stream has ended. */
  setOption(option: number, value: number): void {
    if (!this.#closed && !this.#ended) setNetlinkOption(this.#addon, this.#fd, option, value);
  }

  /** Bytes received and not taken yet. */
  get waiting(): number {
    return this.#filled.reduce((sum, slab) => sum + slab.length, 0);
  }

  /** Whether messages wait in the kernel's buffer, or were received and not taken yet. The thread can have more of them for a moment. */
  get hasUnread(): boolean {
    return this.#filled.length > 0 || (!this.#closed && !this.#ended && hasUnreadMessages(this.#addon, this.#fd));
  }

  /** Ends the thread, closes the socket, and ends a waiting {@link next}. Can be called at any time and repeatedly. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#ended) this.#addon.end(this.#native);
    this.#filled.length = 0;
    this.#held = 0;
    for (const space of this.#idle.splice(0)) this.#pool.keep(space);
    this.#wake?.();
  }

  /**
   * Gives empty buffers to the thread, up to the depth. For events: while the waiting bytes are within the backlog. For dumps: waiting
   * slabs count towards the depth.
   */
  #refill(): void {
    for (;;) {
      const free = this.#beingFilled.length;
      const isWanted = free < this.#depth && (this.#held <= this.#backlog || free + this.#filled.length < this.#depth);
      if (!isWanted || this.#ended || this.#closed) return;
      const space = this.#idle.pop() ?? this.#pool.take(FIRST_SLABS[this.#given++] ?? SLAB);
      if (this.#addon.give(this.#native, space.buffer, space.datagrams) !== 0) return;
      this.#beingFilled.push(space);
    }
  }

  #received(length: number, errno: number, over: boolean): void {
    if (over) {
      this.#ended = true;
      this.#errno = errno;
      // The thread does not write to any of them any more.
      for (const space of this.#beingFilled.splice(0)) this.#pool.keep(space);
    } else {
      const space = this.#beingFilled.shift()!;
      if (this.#closed) this.#pool.keep(space);
      else this.#keep(this.#slab(space, length, errno));
    }
    // Node runs up to 1,000 calls from a thread, and everything that awaits them, within one turn of the event loop: a fast dump would
    // block everything else until its end. So the waiting reader continues in a turn of its own.
    if (this.#wake !== undefined) setImmediate(this.#wake);
    this.#wake = undefined;
  }

  #keep(slab: Slab): void {
    this.#filled.push(slab);
    this.#held += costOf(slab);
    this.#refill();
  }

  #slab(space: Space, length: number, errno: number): Slab {
    if (length >= COPIED) return { ...space, length, errno };
    // Not slice(), because a Buffer's slice is a view.
    const buffer = new Uint8Array(space.buffer.subarray(0, length));
    const datagrams = space.datagrams.slice(0, 1 + 2 * space.datagrams[0]!);
    if (space.buffer.length === SLAB) this.#idle.push(space);
    else this.#pool.keep(space);
    return { buffer, datagrams, length, errno };
  }
}

const costOf = (slab: Slab): number => slab.buffer.length + slab.datagrams.byteLength + OVERHEAD;
