/** So many may do a thing at once; the others wait for their turn, however long. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a place; what it answers gives it back. @throws the signal's reason */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else
      await new Promise<void>((resolve, reject) => {
        const mine = (): void => {
          signal.removeEventListener('abort', left);
          resolve();
        };
        const left = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(mine), 1);
          reject(signal.reason);
        };
        signal.addEventListener('abort', left, { once: true });
        this.#waiting.push(mine);
      });
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }
}
