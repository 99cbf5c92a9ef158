import { ConcurrencyLimiter } from '../../limits/concurrency.js';
import { nextTurn } from '../time-slice.js';
import type { ArrivalRule } from './body-arrival.js';

/** Maximum bytes of a body. Changes, flows and filters are small. */
export const BODY_LIMIT = 1024 * 1024;
/** Bodies with more bytes than this need a slot. */
const LARGE = 16 * 1024;

/**
 * Slots for large bodies. A body occupies a slot before its bytes are read until it is parsed; others wait in the
 * network. Text, parsed values and garbage of one body take several times its bytes, so the slots bound the memory.
 * They belong to the process, like its memory and its event loop.
 */
const places = new ConcurrencyLimiter({
  all: 8,
  each: 2,
  // Waiting costs one connection only. The wait ends before the time limit of the request.
  wait: 10_000,
  queue: { all: 256, each: 64 },
  code: 'too-many-bodies',
  what: 'large request bodies',
});

/** A body with a slot must arrive at 64 KiB a second after 5 s of waiting: a slow client cannot keep a slot. */
const PATIENCE = 5_000;
const RATE = 64 * 1024;

/** Buffers for reuse: the process keeps freed memory until a full garbage collection. */
const spare: Buffer[] = [];

/** The bytes of one body and, for a large one, its slot. */
export class LargeBodyPlace {
  readonly #caller: string;
  #leave: (() => void) | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(caller = '') {
    this.#caller = caller;
  }

  /**
   * Waits for a slot, if a body of this size needs one and has none.
   *
   * @throws Problem `too-many-bodies`, `server-busy`
   */
  async claim(bytes: number): Promise<void> {
    if (bytes <= LARGE || this.#leave !== undefined) return;
    this.#leave = await places.admit(this.#caller);
    const small = this.#bytes;
    this.#bytes = spare.pop() ?? Buffer.allocUnsafeSlow(BODY_LIMIT);
    small.copy(this.#bytes);
  }

  /** Adds bytes. The total must not exceed {@link BODY_LIMIT}. */
  async add(chunk: Uint8Array): Promise<void> {
    await this.claim(this.#size + chunk.byteLength);
    if (this.#leave === undefined) this.#bytes = Buffer.concat([this.#bytes, chunk]);
    else this.#bytes.set(chunk, this.#size);
    this.#size += chunk.byteLength;
  }

  /** The bytes added so far. Valid until `leave()`. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  /** How fast the body must arrive, for a time limit in milliseconds. */
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

/**
 * Limits the parsing of large bodies to one in each turn of the event loop, in the order of arrival, so that other
 * requests are answered in between.
 */
export async function turnFor(bytes: number): Promise<void> {
  if (bytes <= LARGE) return;
  last = last.then(nextTurn);
  await last;
}
