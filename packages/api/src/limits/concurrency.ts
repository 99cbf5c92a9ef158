import { Problem, type ProblemCode } from '../http/problem/problems.js';

/** Seconds after which a retry makes sense: most reads have ended by then. */
const RETRY = '1';

/** Limits on what may run at the same time. */
export interface ConcurrencyLimits {
  /** Maximum dumps of all callers together. */
  dumps: number;
  /** Maximum dumps of one caller. */
  dumpsPerPrincipal: number;
  /**
   * Milliseconds that a dump waits for its turn before it is rejected. 0: no waiting. As many dumps may wait as may
   * run.
   */
  dumpWait: number;
  /** Maximum event streams of all callers together. */
  subscribers: number;
  /** Maximum event streams of one caller. */
  subscribersPerPrincipal: number;
}

/** Settings of a limiter. */
export interface ConcurrencyOptions {
  /** Maximum of all callers together. */
  readonly all: number;
  /** Maximum of one caller. */
  readonly each: number;
  /** Milliseconds that a caller waits for its turn. Default: 0. */
  readonly wait?: number;
  /** Maximum number of waiting tasks, of all callers and of one. Default: as many as may run. */
  readonly queue?: { readonly all: number; readonly each: number };
  /** The problem code for a caller at its own limit. */
  readonly code: ProblemCode;
  /** The name of what is limited, for messages: `dumps of tables`. */
  readonly what: string;
}

interface Waiter {
  readonly caller: string;
  readonly begin: () => void;
}

/** Limits the number of running tasks, and lets a few more wait for their turn. */
export class ConcurrencyLimiter {
  readonly #options: ConcurrencyOptions;
  readonly #own = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();
  #running = 0;
  #begun = 0;
  #refused = 0;

  constructor(options: ConcurrencyOptions) {
    this.#options = options;
  }

  /** Number of running tasks. */
  get running(): number {
    return this.#running;
  }

  /** Number of waiting tasks. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Number of tasks started so far. */
  get begun(): number {
    return this.#begun;
  }

  /** Number of tasks rejected so far. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Starts a task of a caller, now or after a wait. Call the returned function when the task ends.
   *
   * @throws Problem the limiter's code when the caller is at its limit, `server-busy` when all callers together are
   */
  async admit(caller: string, signal?: AbortSignal): Promise<() => void> {
    if (this.#isFree(caller)) this.#enter(caller);
    else await this.#turn(caller, signal);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#running--;
      const left = this.#of(caller) - 1;
      if (left > 0) this.#own.set(caller, left);
      else this.#own.delete(caller);
      this.#next();
    };
  }

  #of(caller: string): number {
    return this.#own.get(caller) ?? 0;
  }

  #isFree(caller: string): boolean {
    return this.#of(caller) < this.#options.each && this.#running < this.#options.all;
  }

  #enter(caller: string): void {
    this.#running++;
    this.#begun++;
    this.#own.set(caller, this.#of(caller) + 1);
  }

  /** Starts the first waiting task that may run now. */
  #next(): void {
    for (const waiter of this.#waiting)
      if (this.#isFree(waiter.caller)) {
        this.#enter(waiter.caller);
        waiter.begin();
        return;
      }
  }

  async #turn(caller: string, signal: AbortSignal | undefined): Promise<void> {
    const { wait = 0, queue = this.#options } = this.#options;
    const own = [...this.#waiting].filter(waiter => waiter.caller === caller).length;
    if (wait === 0 || own >= queue.each || this.#waiting.size >= queue.all) throw this.#refusal(caller);
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      // A waiter is removed before it is notified, so that it cannot be started afterwards.
      const leave = (settle: () => void) => (): void => {
        this.#waiting.delete(waiter);
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        settle();
      };
      const waiter: Waiter = { caller, begin: leave(resolve) };
      const aborted = leave(() => reject(signal!.reason));
      const timer = setTimeout(
        leave(() => reject(this.#refusal(caller))),
        wait,
      );
      timer.unref();
      signal?.addEventListener('abort', aborted, { once: true });
      this.#waiting.add(waiter);
    });
  }

  #refusal(caller: string): Problem {
    this.#refused++;
    const { each, code, what } = this.#options;
    const headers = { 'retry-after': RETRY };
    const own = this.#of(caller);
    return own >= each
      ? new Problem(code, `'${caller}' already has ${own} ${what}, the maximum. Wait until one ends`, {}, headers)
      : new Problem('server-busy', `${this.#running} ${what} are already running. Try again later`, {}, headers);
  }
}
