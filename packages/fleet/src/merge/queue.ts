/** A queue with one reader, which waits for the next item. */
export class Queue<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;
  readonly #writers: (() => void)[] = [];
  #failure: { readonly reason: unknown } | undefined;

  push(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** Resolves when fewer than `most` items wait. */
  async room(most: number): Promise<void> {
    while (this.#items.length >= most && this.#failure === undefined)
      await new Promise<void>(resolve => this.#writers.push(resolve));
  }

  /** Makes the reader throw, now or at its next call. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake?.();
    this.#wakeWriters();
  }

  async next(): Promise<T> {
    while (this.#items.length === 0 && this.#failure === undefined)
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    this.#wake = undefined;
    if (this.#failure !== undefined) throw this.#failure.reason;
    const item = this.#items.shift()!;
    if (this.#writers.length > 0) this.#wakeWriters();
    return item;
  }

  #wakeWriters(): void {
    for (const wake of this.#writers.splice(0)) wake();
  }
}
