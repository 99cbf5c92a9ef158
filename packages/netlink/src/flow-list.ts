import type { Flow, FlowCursor } from '@conntrack/flow';
import { EntryCursor } from './entry-cursor.js';
import type { Slab } from './slab-stream.js';

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The flows of a dump's slabs, one by one. Written out, since a generator's `yield` costs several turns of the microtask queue for each flow, as
 * much time as building it.
 */
export class FlowList implements AsyncIterableIterator<Flow, undefined> {
  readonly #slabs: AsyncGenerator<Slab>;
  readonly #match: ((cursor: FlowCursor) => boolean) | undefined;
  #cursor: EntryCursor | undefined;
  /** The slab that is waited for; calls that come meanwhile stand behind it. */
  #waiting: Promise<IteratorResult<Flow, undefined>> | undefined;

  constructor(slabs: AsyncGenerator<Slab>, match: ((cursor: FlowCursor) => boolean) | undefined) {
    this.#slabs = slabs;
    this.#match = match;
  }

  next(): Promise<IteratorResult<Flow, undefined>> {
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.next());
    try {
      const value = this.#take();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    } catch (error) {
      return this.#fail(error);
    }
    this.#waiting = this.#more().finally(() => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }

  /** Ends the dump. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#cursor = undefined;
    await this.#slabs.return(undefined);
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Flow | undefined {
    const cursor = this.#cursor;
    if (cursor === undefined) return undefined;
    while (cursor.next()) if (this.#match === undefined || this.#match(cursor)) return cursor.flow();
    this.#cursor = undefined;
    return undefined;
  }

  async #more(): Promise<IteratorResult<Flow, undefined>> {
    for (;;) {
      const slab = await this.#slabs.next();
      if (slab.done === true) return END;
      this.#cursor = new EntryCursor(slab.value.buffer, slab.value.length);
      try {
        const value = this.#take();
        if (value !== undefined) return { done: false, value };
      } catch (error) {
        return this.#fail(error);
      }
    }
  }

  async #fail(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }
}
