/** When the server listens to events, and the limits of its event streams. */
export interface EventLimits {
  /**
   * When the server listens to its table. `demand` (default): while somebody watches, and for `linger` milliseconds
   * longer. `start`: all the time, which costs processor time for each change of the table. In exchange, every entry
   * that is created while the server listens sends its own end, and a watch starts without reading the whole table
   * first.
   */
  listen: 'start' | 'demand';
  /** Maximum bytes of events kept for subscribers that resume or fall behind. Default: 32 MiB. */
  ring: number;
  /** Maximum number of events that wait between the kernel and the server. Default: 50,000. */
  buffer: number;
  /** Milliseconds between bookmarks. Default: 15,000. */
  heartbeat: number;
  /**
   * Milliseconds that the server keeps listening after the last watcher left. Default: 60,000. The position of a list
   * can be resumed for this long.
   */
  linger: number;
  /** Maximum number of snapshots written at the same time. Default: 2. Others wait; events do not. */
  snapshots: number;
  /**
   * Milliseconds between two checks of the entries that may end without an event: those that existed before the server
   * listened. Default: 10,000. Their end is reported at most this much later. With more than 200,000 such entries, the
   * delay is 50 µs for each.
   */
  checkInterval: number;
  /**
   * Maximum bytes for remembering which flows match filters that a flow can stop matching. Default: 64 MiB. Each flow
   * takes 11 to 22 bytes for each filter.
   */
  matchingBytes: number;
}

export const EVENT_LIMITS: EventLimits = {
  listen: 'demand',
  ring: 32 * 1024 * 1024,
  buffer: 50_000,
  heartbeat: 15_000,
  linger: 60_000,
  snapshots: 2,
  checkInterval: 10_000,
  matchingBytes: 64 * 1024 * 1024,
};
