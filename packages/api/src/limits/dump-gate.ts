import { Problem } from '../problems.js';

/** Seconds after which another try is worth it: most dumps are over by then. */
const RETRY = '1';

/** How many dumps may run. */
export interface DumpLimits {
  /** At once, of all callers together. */
  dumps: number;
  /** At once, of one principal. */
  dumpsPerPrincipal: number;
}

/** Counts the dumps that run. Each holds a socket and a thread, and slows the kernel's others down. */
export class DumpGate {
  readonly #limits: DumpLimits;
  readonly #running = new Map<string, number>();
  #all = 0;
  #begun = 0;
  #refused = 0;

  constructor(limits: DumpLimits) {
    this.#limits = limits;
  }

  /** How many run now. */
  get running(): number {
    return this.#all;
  }

  /** How many have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** How many were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Lets a principal's dump begin; what it answers is to be called at its end. @throws Problem `too-many-dumps`, `server-busy` */
  admit(principal: string): () => void {
    const own = this.#running.get(principal) ?? 0;
    const { dumps, dumpsPerPrincipal } = this.#limits;
    if (own >= dumpsPerPrincipal || this.#all >= dumps) this.#refused++;
    if (own >= dumpsPerPrincipal)
      throw new Problem(
        'too-many-dumps',
        `'${principal}' reads the table ${own} times at once already; wait for one to end`,
        {},
        { 'retry-after': RETRY },
      );
    if (this.#all >= dumps)
      throw new Problem(
        'server-busy',
        `${this.#all} dumps of the table are running; try again in a moment`,
        {},
        {
          'retry-after': RETRY,
        },
      );
    this.#all++;
    this.#begun++;
    this.#running.set(principal, own + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#all--;
      const left = (this.#running.get(principal) ?? 1) - 1;
      if (left > 0) this.#running.set(principal, left);
      else this.#running.delete(principal);
    };
  }
}
