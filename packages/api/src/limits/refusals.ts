import { parseAddress } from '@conntrack/flow';
import { Problem } from '../http/problem/problems.js';

/** How many rejected requests one address may send, and how many of them are logged individually. */
export interface RefusalLimits {
  /** Rejected requests in one window; further ones get 429. Default: 100. */
  refusals: number;
  /** Log lines in one window. Further rejections are counted in one line at the end of the window. Default: 10. */
  refusalLines: number;
  /** Length of the window in milliseconds. Default: 60,000. */
  window: number;
}

interface Window {
  readonly from: number;
  count: number;
  /** Number of rejections without a log line, by problem code. */
  readonly unlogged: Map<string, number>;
  timer?: NodeJS.Timeout;
}

/** The rejections of one address that were not logged individually. */
export interface RefusalSummary {
  readonly remoteAddress: string;
  /** The start of the window (RFC 3339). */
  readonly from: string;
  readonly count: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** The consequence of one rejection. */
export interface Refusal {
  /** Whether it gets a log line of its own. */
  readonly logged: boolean;
  /** The response for an address with too many rejections. */
  readonly problem?: Problem;
}

/** Maximum number of addresses that are tracked; all others share one window. */
const MAX_ADDRESSES = 4096;
const OTHERS = 'others';

/** Groups IPv6 addresses by /64: a caller usually has a whole /64. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [one = 0, two = 0] = parseAddress(address.replace(/%.*$/, ''))?.words ?? [];
  const groups = [one >>> 16, one & 0xffff, two >>> 16, two & 0xffff];
  return `${groups.map(group => group.toString(16)).join(':')}::/64`;
}

/**
 * Counts rejected requests for each address: after too many, invalid tokens get 429 and no longer fill the log. A
 * request with a valid token is never counted, whatever its address.
 */
export class Refusals {
  readonly #limits: RefusalLimits;
  readonly #summarize: (summary: RefusalSummary) => void;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  /** Makes a counter. @param now the current time in milliseconds since 1970 */
  constructor(limits: RefusalLimits, summarize: (summary: RefusalSummary) => void, now: () => number = Date.now) {
    this.#limits = limits;
    this.#summarize = summarize;
    this.#now = now;
  }

  /** Counts one rejection. `address` is `undefined` over a unix socket, which is not limited. */
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

  /** Writes all pending summaries. */
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
