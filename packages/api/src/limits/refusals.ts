import { parseAddress } from '@conntrack/flow';
import { Problem } from '../http/problem/problems.js';

/** How many refused requests one address may send, and how many of them are logged one by one. */
export interface RefusalLimits {
  /** In one window; beyond that the answer is 429. */
  refusals: number;
  /** Lines in one window; more refusals are counted in one line at the window's end. */
  refusalLines: number;
  /** Milliseconds. */
  window: number;
}

interface Window {
  readonly from: number;
  count: number;
  /** Refusals without a line of their own, by problem code. */
  readonly unlogged: Map<string, number>;
  timer?: NodeJS.Timeout;
}

/** Refusals of one address that had no line of their own. */
export interface RefusalSummary {
  readonly remoteAddress: string;
  /** RFC 3339. */
  readonly from: string;
  readonly count: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** What follows from one refusal. */
export interface Refusal {
  /** It gets a line of its own. */
  readonly logged: boolean;
  /** The answer to an address that has been refused too often. */
  readonly problem?: Problem;
}

/** Addresses that are told apart; more of them share one window. */
const MAX_ADDRESSES = 4096;
const OTHERS = 'others';

/** An IPv6 caller has a whole /64 to send from. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [one = 0, two = 0] = parseAddress(address.replace(/%.*$/, ''))?.words ?? [];
  const groups = [one >>> 16, one & 0xffff, two >>> 16, two & 0xffff];
  return `${groups.map(group => group.toString(16)).join(':')}::/64`;
}

/**
 * Requests of callers who may not, counted for each address: bad tokens are answered 429 after a while, and fill no log. A request with a valid token
 * is never counted, wherever it comes from.
 */
export class Refusals {
  readonly #limits: RefusalLimits;
  readonly #summarize: (summary: RefusalSummary) => void;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  /** `now` in milliseconds since 1970. */
  constructor(limits: RefusalLimits, summarize: (summary: RefusalSummary) => void, now: () => number = Date.now) {
    this.#limits = limits;
    this.#summarize = summarize;
    this.#now = now;
  }

  /** Counts one refusal that came from an address; `undefined` over a unix socket, which is not limited. */
  note(address: string | undefined, code: string): Refusal {
    if (address === undefined) return { logged: true };
    const window = this.#window(this.#keyOf(address));
    const { refusals, refusalLines, window: length } = this.#limits;
    const logged = ++window.count <= refusalLines;
    if (!logged) window.unlogged.set(code, (window.unlogged.get(code) ?? 0) + 1);
    if (window.count <= refusals) return { logged };
    const seconds = Math.max(1, Math.ceil((window.from + length - this.#now()) / 1000));
    const problem = new Problem(
      'too-many-requests',
      `${window.count} requests from ${address.slice(0, 64)} were refused. Check the token, and wait ${seconds} s`,
      {},
      { 'retry-after': String(seconds) },
    );
    return { logged, problem };
  }

  /** Writes all summaries that wait. */
  close(): void {
    for (const key of [...this.#windows.keys()]) this.#end(key);
  }

  #keyOf(address: string): string {
    const key = networkOf(address);
    return this.#windows.has(key) || this.#windows.size < MAX_ADDRESSES ? key : OTHERS;
  }

  #window(key: string): Window {
    const known = this.#windows.get(key);
    if (known !== undefined && this.#now() < known.from + this.#limits.window) return known;
    if (known !== undefined) this.#end(key);
    const window: Window = { from: this.#now(), count: 0, unlogged: new Map() };
    window.timer = setTimeout(() => this.#end(key), this.#limits.window).unref();
    this.#windows.set(key, window);
    return window;
  }

  #end(remoteAddress: string): void {
    const window = this.#windows.get(remoteAddress)!;
    clearTimeout(window.timer);
    this.#windows.delete(remoteAddress);
    if (window.unlogged.size === 0) return;
    const codes = Object.fromEntries(window.unlogged);
    const count = Object.values(codes).reduce((sum, each) => sum + each, 0);
    this.#summarize({ remoteAddress, from: new Date(window.from).toISOString(), count, codes });
  }
}
