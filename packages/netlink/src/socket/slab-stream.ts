import { checked, type Operation } from '../wire/error.js';
import type { Native, NativeStream } from './native.js';
import { type Space, SpacePool } from './space-pool.js';

/** One buffer's size: some 1,100 entries, a millisecond or two of the kernel's work. */
const SLAB = 256 * 1024;
/** The first ones are smaller: the first entries come sooner, and code that runs for the first time takes ten times as long for each. */
const FIRST_SLABS = [SLAB / 8, SLAB / 8, SLAB / 4, SLAB / 4, SLAB / 2, SLAB / 2];
/** Buffers under way. The thread waits while none is free, and the kernel's dump with it. */
const DUMP_DEPTH = 4;
/** Free buffers that the thread has for events, which do not wait: 12 MiB, enough for a turn of the event loop. Memory is taken as it is filled. */
const EVENT_DEPTH = 48;
/** What a slab costs beside its bytes: the objects around it, estimated upwards. */
const OVERHEAD = 1024;
/** Below this a slab is copied out and its buffer used again: single events would cost 256 KiB each. */
const COPIED = SLAB / 8;

/** Bytes as they were received; the receiver's own, never written again. */
export interface Slab {
  readonly buffer: Uint8Array;
  readonly length: number;
  /** The number of datagrams, then the offset and the sender's nsid (−1: our namespace) of each. */
  readonly datagrams: Int32Array;
  /** Positive errno of a failure behind these bytes; ENOBUFS on a multicast socket is not an end. */
  readonly errno: number;
}

/** Receives on a thread of its own, from sending the request on. Owns the socket. Keeps the process alive only while {@link next} is waited for. */
export class SlabStream {
  readonly #addon: Native;
  readonly #native: NativeStream;
  readonly #pool: SpacePool;
  readonly #beingFilled: Space[] = [];
  readonly #idle: Space[] = [];
  readonly #filled: Slab[] = [];
  readonly #depth: number;
  /** Filled buffers are replaced up to here, in bytes. Beyond it the kernel's buffer takes the rest, until it overflows. */
  readonly #backlog: number;
  /** Bytes that the filled slabs hold in memory. */
  #held = 0;
  /** How many buffers were given to be filled. */
  #given = 0;
  /** The thread has ended. */
  #ended = false;
  #closed = false;
  /** A slab was taken in this turn of the event loop. */
  #taken = false;
  #errno = 0;
  #wake: (() => void) | undefined;

  /**
   * @param backlog how many bytes of events may wait to be taken; `undefined` for a dump, which the kernel interrupts while none of its few buffers is free
   * @param pool where memory comes from and, of slabs that are given back, goes to
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

  /** The next slab; `undefined` at the end. A failure to send or receive at all comes as a last slab without bytes. */
  async next(): Promise<Slab | undefined> {
    // One slab a turn, so that a reader that reads on at once leaves the others theirs.
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

  /** Gives a slab's memory back: nobody may look at it any more. */
  recycle({ buffer, datagrams }: Slab): void {
    // What was copied out lies in memory of its own, of no such size.
    if (buffer.length === SLAB && !this.#ended && !this.#closed) this.#idle.push({ buffer, datagrams });
    else if (buffer.length >= COPIED) this.#pool.keep({ buffer, datagrams });
  }

  /** Bytes received and not taken yet. */
  get waiting(): number {
    return this.#filled.reduce((sum, slab) => sum + slab.length, 0);
  }

  /** Ends the thread and closes the socket; a waiting {@link next} ends too. Safe at any moment, any number of times. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#ended) this.#addon.end(this.#native);
    this.#filled.length = 0;
    this.#held = 0;
    for (const space of this.#idle.splice(0)) this.#pool.keep(space);
    this.#wake?.();
  }

  /** Hands empty buffers to the thread, up to the depth: while what waits is within the backlog, or together with what waits. */
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
      // The thread writes to none of them any more.
      for (const space of this.#beingFilled.splice(0)) this.#pool.keep(space);
    } else {
      const space = this.#beingFilled.shift()!;
      if (this.#closed) this.#pool.keep(space);
      else this.#keep(this.#slab(space, length, errno));
    }
    // Node makes up to 1,000 calls from a thread, and runs all that awaits them, within one turn of the event loop: a fast dump would keep
    // everything else waiting to its end. What awaits goes on in a turn of its own.
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
    // Not slice(): a Buffer's is a view.
    const buffer = new Uint8Array(space.buffer.subarray(0, length));
    const datagrams = space.datagrams.slice(0, 1 + 2 * space.datagrams[0]!);
    if (space.buffer.length === SLAB) this.#idle.push(space);
    else this.#pool.keep(space);
    return { buffer, datagrams, length, errno };
  }
}

const costOf = (slab: Slab): number => slab.buffer.length + slab.datagrams.byteLength + OVERHEAD;
