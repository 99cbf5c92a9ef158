import { Problem, type ProblemCode } from '../problems.js';

/** Seconds after which another try is worth it: most reads are over by then. */
const RETRY = '1';

/** How much may run at once. */
export interface GateLimits {
  /** Dumps of tables, of all callers together. */
  dumps: number;
  /** Dumps of one principal. */
  dumpsPerPrincipal: number;
  /** Streams of events, of all callers together. */
  subscribers: number;
  /** Streams of events of one principal. */
  subscribersPerPrincipal: number;
}

/** What a gate is for. */
export interface GateOptions {
  /** At once, of all callers together. */
  readonly all: number;
  /** At once, of one principal. */
  readonly each: number;
  /** The problem of a principal that has too many. */
  readonly code: ProblemCode;
  /** What there would be too many of: `dumps of tables`. */
  readonly what: string;
}

/** Counts what runs, and lets no more begin than may. */
export class Gate {
  readonly #options: GateOptions;
  readonly #own = new Map<string, number>();
  #running = 0;
  #begun = 0;
  #refused = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /** How many have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** How many were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Lets one of a principal begin; what it answers is to be called at its end. @throws Problem its code, `server-busy` */
  admit(principal: string): () => void {
    const own = this.#own.get(principal) ?? 0;
    const { all, each, code, what } = this.#options;
    if (own >= each || this.#running >= all) {
      this.#refused++;
      const headers = { 'retry-after': RETRY };
      throw own >= each
        ? new Problem(code, `'${principal}' has ${own} ${what} at once already; wait for one to end`, {}, headers)
        : new Problem('server-busy', `there are ${this.#running} ${what} already; try again in a moment`, {}, headers);
    }
    this.#running++;
    this.#begun++;
    this.#own.set(principal, own + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#running--;
      const left = (this.#own.get(principal) ?? 1) - 1;
      if (left > 0) this.#own.set(principal, left);
      else this.#own.delete(principal);
    };
  }
}
