import type { ConcurrencyLimits } from './concurrency.js';
import type { RateLimits } from './rate.js';
import type { RefusalLimits } from './refusals.js';

/** Bounds of one server. */
export interface Limits extends ConcurrencyLimits, RateLimits, RefusalLimits {
  /** Largest `maxAffected` that a request may ask for. */
  maxAffected: number;
  /** Bytes of the body of a restore, compressed or not. */
  restoreBytes: number;
  /** Milliseconds that the body of a restore may take to arrive. */
  restoreTime: number;
  /** Bytes a second that the body of a restore has to arrive at once it takes longer than other bodies may. Time in which the server does not read does not count. */
  restoreRate: number;
  /** Lines that a restore leaves out because they cannot be read. One more ends it: a bad line costs more than a flow, and so many mean another format. */
  restoreBadLines: number;
  /** Milliseconds that the reader of a stream may take nothing. */
  stall: number;
  /** Plans of one principal that may wait for their execution. */
  plansPerPrincipal: number;
}

/** The default limits of a server. */
export const DEFAULT_LIMITS: Limits = {
  // The references of a dump, held.
  maxAffected: 1_000_000,
  // A million flows as NDJSON, with room to spare: it is never held.
  restoreBytes: 1024 ** 3,
  restoreTime: 3_600_000,
  restoreRate: 16 * 1024,
  restoreBadLines: 1000,
  // An idle dump holds a socket and a thread.
  stall: 60_000,
  plansPerPrincipal: 16,
  dumps: 16,
  dumpsPerPrincipal: 8,
  dumpWait: 2_000,
  subscribers: 2000,
  subscribersPerPrincipal: 1000,
  // Ten thousand a second: what costs is bounded by dumps, this stops a caller that runs wild.
  requests: 600_000,
  window: 60_000,
  refusals: 100,
  refusalLines: 10,
};
