/** How the event streams of one server work, and their bounds. */
export interface EventLimits {
  /**
   * When the server listens to its table. `demand` (default): while somebody watches, and `linger` longer. `start`: all the time. Entries that are made
   * while it listens send their own end, and a watch begins without a read of the whole table. The price is processor time for each change of the table
   * while nobody watches.
   */
  listen: 'start' | 'demand';
  /** Bytes of events that are kept for those who resume or fall behind (32 MiB). */
  ring: number;
  /** Events that the kernel keeps for the server (50,000). */
  buffer: number;
  /** Milliseconds between bookmarks (15,000). */
  heartbeat: number;
  /** Milliseconds that the server goes on listening when nobody watches (60,000): so long a list's position is good. */
  linger: number;
  /** Snapshots written at once; more wait, events do not (2). */
  snapshots: number;
  /**
   * Milliseconds between two look-ups of an entry that may end without an event (10,000): those that were there before the listening began. A
   * flow that ended so is told of this much later, at most; with more than 200,000 of them, of 50 µs for each.
   */
  verify: number;
  /** Bytes to remember which flows match filters that flows can leave (64 MiB): 11 to 22 for each flow and filter. */
  members: number;
}

export const EVENT_LIMITS: EventLimits = {
  listen: 'demand',
  ring: 32 * 1024 * 1024,
  buffer: 50_000,
  heartbeat: 15_000,
  linger: 60_000,
  snapshots: 2,
  verify: 10_000,
  members: 64 * 1024 * 1024,
};
