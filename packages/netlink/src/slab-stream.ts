import { checked, type Operation } from './error.js';
import { type NativeStream, native } from './native.js';

/** One buffer's size: some 1,100 entries, a millisecond or two of the kernel's work. */
const SLAB = 256 * 1024;
/** Buffers under way. The thread waits while none is free, and the kernel's dump with it. */
const DEPTH = 4;
/** Datagrams that a slab can hold at most, so far as their origin is kept. */
const DATAGRAMS = 512;

/** Bytes as they were received; the receiver's own, never written again. */
export interface Slab {
  readonly buffer: Uint8Array;
  readonly length: number;
  /** The number of datagrams, then the offset and the sender's nsid (−1: our namespace) of each. */
  readonly datagrams: Int32Array;
  /** Positive errno of a failure behind these bytes; ENOBUFS on a multicast socket is no end. */
  readonly errno: number;
}

/** Receives on a thread of its own, from sending the request on. Owns the socket. */
export class SlabStream {
  readonly #native: NativeStream;
  readonly #under: { buffer: Uint8Array; datagrams: Int32Array }[] = [];
  readonly #filled: Slab[] = [];
  #over = false;
  #errno = 0;
  #wake: (() => void) | undefined;

  constructor(fd: number, request: Uint8Array, dump: boolean, operation: Operation) {
    const addon = native();
    const stream = addon.stream(fd, request, dump, (length, errno, over) => this.#received(length, errno, over));
    if (typeof stream === 'number') {
      addon.close(fd);
      checked(stream, operation);
      throw new Error('unreachable: the addon answered a number that is no error');
    }
    this.#native = stream;
    for (let i = 0; i < DEPTH; i++) this.#give();
  }

  /** The next slab; `undefined` at the end. A failure to send or receive at all comes as a last slab without bytes. */
  async next(): Promise<Slab | undefined> {
    for (;;) {
      const slab = this.#filled.shift();
      if (slab !== undefined) {
        if (!this.#over) this.#give();
        return slab;
      }
      if (this.#over) {
        const errno = this.#errno;
        this.#errno = 0;
        return errno === 0 ? undefined : { buffer: new Uint8Array(0), length: 0, datagrams: new Int32Array(1), errno };
      }
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  /** Slabs received and not taken yet. */
  get waiting(): number {
    return this.#filled.length;
  }

  /** Ends the thread and closes the socket; a waiting {@link next} ends too. Safe at any moment, any number of times. */
  close(): void {
    native().end(this.#native);
    this.#over = true;
    this.#filled.length = 0;
    this.#errno = 0;
    this.#wake?.();
  }

  #give(): void {
    // Not zeroed: only what was received is ever read.
    const buffer = Buffer.allocUnsafeSlow(SLAB);
    const datagrams = new Int32Array(1 + 2 * DATAGRAMS);
    if (native().give(this.#native, buffer, datagrams) === 0) this.#under.push({ buffer, datagrams });
  }

  #received(length: number, errno: number, over: boolean): void {
    if (over) {
      this.#over = true;
      this.#errno = errno;
    } else {
      const slab = this.#under.shift()!;
      if (!this.#over) this.#filled.push({ ...slab, length, errno });
    }
    this.#wake?.();
  }
}
