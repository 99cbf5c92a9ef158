import { Problem, type ProblemCode } from '../http/problem/problems.js';

/** Seconds after which another try is worth it: most reads are over by then. */
const RETRY = '1';

/** How much may run at once. */
export interface ConcurrencyLimits {
  /** Dumps of tables, of all callers together. */
  dumps: number;
  /** Dumps of one caller. */
  dumpsPerPrincipal: number;
  /** Milliseconds that a dump waits for its turn before it is refused; as many wait as may run. 0: none waits. */
  dumpWait: number;
  /** Streams of events, of all callers together. */
  subscribers: number;
  /** Streams of events of one caller. */
  subscribersPerPrincipal: number;
}

/** What a limiter is for. */
export interface ConcurrencyOptions {
  /** At once, of all callers together. */
  readonly all: number;
  /** At once, of one caller. */
  readonly each: number;
  /** Milliseconds that a caller waits for its turn. */
  readonly wait?: number;
  /** How many may wait, of all callers and of one (default: as many as may run). */
  readonly queue?: { readonly all: number; readonly each: number };
  /** The problem of a caller that has too many. */
  readonly code: ProblemCode;
  /** What there would be too many of: `dumps of tables`. */
  readonly what: string;
}

interface Waiter {
  readonly caller: string;
  readonly begin: () => void;
}

/** Counts what runs, lets no more begin than may, and lets a few wait for their turn. */
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

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** How many were refused. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Lets one of a caller begin, now or after a wait; call what it returns when that one ends.
   *
   * @throws Problem the limiter's code when the caller has too many, `server-busy` when all callers together have
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

  /** Lets in the first of those who wait that may begin now. */
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
      // It stops waiting in the same moment in which it is told: nobody lets it in any more.
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
