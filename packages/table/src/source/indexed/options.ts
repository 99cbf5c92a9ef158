import { callback, type OptionRules, object, whole } from '@conntrack/flow/checks';
import type { FlowIndex } from '@conntrack/index';

/** Options of an index. */
export interface IndexOptions {
  /** Maximum bytes of memory. Above it, the index switches itself off, and every question is answered by the kernel. Default: 1 GiB. */
  maxBytes?: number;
  /**
   * Milliseconds between two dumps that compare the index with the table. Default: 60,000. A dump also reads counters and timeouts, which
   * no event carries.
   */
  auditInterval?: number;
  /**
   * Milliseconds for which counters and timeouts that a question needs count as current. On large tables, four times as long as a dump took,
   * but at most ten times this number. Default: 1000.
   */
  refreshInterval?: number;
  /** Milliseconds between two look-ups of the entries that may end without an event. Default: 10,000. */
  checkInterval?: number;
  /** Number of unread events that the kernel should keep. Default: 50,000. */
  buffer?: number;
  /** Called with errors that no answer reports. The index repairs itself, or switches itself off. */
  report?: (error: unknown) => void;
  /** The index to keep current. Default: a new one. */
  index?: FlowIndex;
}
export const INDEX_RULES: OptionRules<IndexOptions> = {
  maxBytes: whole(),
  auditInterval: whole(),
  refreshInterval: whole(),
  checkInterval: whole(),
  buffer: whole(),
  report: callback,
  index: object,
};

export const INDEX_DEFAULTS = {
  maxBytes: 2 ** 30,
  auditInterval: 60_000,
  refreshInterval: 1000,
  checkInterval: 10_000,
  buffer: 50_000,
} as const;
