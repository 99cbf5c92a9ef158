/** Limits how many tasks run at the same time. Others wait for their turn, without a time limit. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a slot. Returns a function that frees it. @throws the signal's reason */
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
