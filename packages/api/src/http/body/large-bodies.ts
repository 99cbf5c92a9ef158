import { ConcurrencyLimiter } from '../../limits/concurrency.js';
import type { ArrivalRule } from './body-arrival.js';

/** Most bytes of a body: a change, a flow, a filter are small. */
export const BODY_LIMIT = 1024 * 1024;
/** Bodies larger than this many bytes are read a few at a time. */
const LARGE = 16 * 1024;

/**
 * A large body has a place before its bytes are read, until it is parsed: meanwhile the others stay on the way. Text, parsed values and garbage of one
 * body come to several times its bytes, so that places bound the memory. Memory and event loop belong to the process, and so do the places.
 */
const places = new ConcurrencyLimiter({
  all: 8,
  each: 2,
  // To wait costs a connection alone. It is over before the request's time is.
  wait: 10_000,
  queue: { all: 256, each: 64 },
  code: 'too-many-bodies',
  what: 'large request bodies',
});

/** A body that has a place has to arrive at 64 KiB a second once it has been waited for 5 s: nobody keeps a place by sending slowly. */
const PATIENCE = 5_000;
const RATE = 64 * 1024;

/** Memory of bodies that is used again: what is freed stays with the process until a collection of all garbage. */
const spare: Buffer[] = [];

/** The bytes of one body, and its place among the large ones. A small body needs none. */
export class LargeBodyPlace {
  readonly #caller: string;
  #leave: (() => void) | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(caller = '') {
    this.#caller = caller;
  }

  /** Waits for a place when a body of so many bytes needs one and has none. @throws Problem `too-many-bodies`, `server-busy` */
  async claim(bytes: number): Promise<void> {
    if (bytes <= LARGE || this.#leave !== undefined) return;
    this.#leave = await places.admit(this.#caller);
    const small = this.#bytes;
    this.#bytes = spare.pop() ?? Buffer.allocUnsafeSlow(BODY_LIMIT);
    small.copy(this.#bytes);
  }

  /** Adds bytes, which may be no more than {@link BODY_LIMIT} together. */
  async add(chunk: Uint8Array): Promise<void> {
    await this.claim(this.#size + chunk.byteLength);
    if (this.#leave === undefined) this.#bytes = Buffer.concat([this.#bytes, chunk]);
    else this.#bytes.set(chunk, this.#size);
    this.#size += chunk.byteLength;
  }

  /** What was added. It is right until the place is left. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** How the body has to arrive within so many milliseconds. */
  arrivalRule(time: number): ArrivalRule {
    return this.#leave === undefined ? { patience: time, time } : { patience: PATIENCE, rate: RATE, time };
  }

  leave(): void {
    if (this.#leave === undefined) return;
    spare.push(this.#bytes);
    this.#bytes = Buffer.alloc(0);
    this.#size = 0;
    this.#leave();
    this.#leave = undefined;
  }
}

let last: Promise<void> = Promise.resolve();

/** Lets one large body in a turn of the event loop be parsed, in the order in which they arrived: between two of them everything else is answered. */
export async function turnFor(bytes: number): Promise<void> {
  if (bytes <= LARGE) return;
  last = last.then(() => new Promise(resolve => setImmediate(resolve)));
  await last;
}
