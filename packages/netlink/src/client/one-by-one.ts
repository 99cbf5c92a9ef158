const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Turns batches into single items. Written without a generator: its `yield` costs several turns of the microtask queue for each item, as
 * much time as reading an entry.
 */
export class OneByOne<Batch, Item extends object> implements AsyncIterableIterator<Item, undefined> {
  readonly #batches: AsyncGenerator<Batch>;
  readonly #open: (batch: Batch) => () => Item | undefined;
  #take: (() => Item | undefined) | undefined;
  /** The promise of the batch that is awaited. Further calls wait for it. */
  #waiting: Promise<IteratorResult<Item, undefined>> | undefined;

  /** @param open returns a function that takes the items of a batch one after the other, and returns `undefined` after the last */
  constructor(batches: AsyncGenerator<Batch>, open: (batch: Batch) => () => Item | undefined) {
    this.#batches = batches;
    this.#open = open;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.next());
    try {
      const value = this.#take?.();
      if (value !== undefined) return Promise.resolve({ done: false, value });
    } catch (error) {
      return this.#fail(error);
    }
    this.#waiting = this.#more().finally(() => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }

  /** Ends the batches too. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#take = undefined;
    await this.#batches.return(undefined);
    return END;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #more(): Promise<IteratorResult<Item, undefined>> {
    for (;;) {
      // After the end, no further item of the batch is taken.
      this.#take = undefined;
      const batch = await this.#batches.next();
      if (batch.done === true) return END;
      const take = this.#open(batch.value);
      this.#take = take;
      try {
        const value = take();
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
