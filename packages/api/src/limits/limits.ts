import type { ConcurrencyLimits } from './concurrency.js';
import type { RateLimits } from './rate.js';
import type { RefusalLimits } from './refusals.js';

/** Limits of a server. */
export interface Limits extends ConcurrencyLimits, RateLimits, RefusalLimits {
  /** The largest `maxAffected` that a request may ask for. Default: 1,000,000. */
  maxAffected: number;
  /** Maximum bytes of a restore's body, compressed or not. Default: 1 GiB. */
  restoreBytes: number;
  /** Milliseconds in which the body of a restore must arrive. Default: 1 hour. */
  restoreTime: number;
  /**
   * Bytes a second at which a restore's body must arrive once it takes longer than an ordinary body may. Time in which
   * the server does not read is not counted. Default: 16 KiB.
   */
  restoreRate: number;
  /**
   * Maximum number of invalid lines that a restore skips; one more ends it. Default: 1000. An invalid line costs more
   * than a flow, and this many mean that the format is wrong.
   */
  restoreBadLines: number;
  /** Milliseconds after which a stream is closed whose reader takes no data. Default: 60,000. */
  stall: number;
  /** Maximum number of plans of one principal that wait for execution. Default: 16. */
  plansPerPrincipal: number;
}

/** The default limits of a server. */
export const DEFAULT_LIMITS: Limits = {
  // A plan of this size holds the references of its flows in memory.
  maxAffected: 1_000_000,
  // Enough for a million flows as NDJSON. The body is never held in memory.
  restoreBytes: 1024 ** 3,
  restoreTime: 3_600_000,
  restoreRate: 16 * 1024,
  restoreBadLines: 1000,
  // A stalled dump keeps a socket and a thread.
  stall: 60_000,
  plansPerPrincipal: 16,
  dumps: 16,
  dumpsPerPrincipal: 8,
  dumpWait: 2_000,
  subscribers: 2000,
  subscribersPerPrincipal: 1000,
  // 10,000 a second. The expensive part is bounded by `dumps`; this limit stops a caller that loops.
  requests: 600_000,
  window: 60_000,
  refusals: 100,
  refusalLines: 10,
};
