import { type FlowCursor, STATUS } from '@conntrack/flow';
import { ORIGINAL, REPLY } from '@conntrack/flow/codec';

/** Values of a target at planning time that distinguish it from a successor. */
export interface Evidence {
  /** Start time in milliseconds since 1970; −1 if start times are not recorded. */
  readonly start: number;
  readonly mark: number;
  /** The bits of {@link LASTING} that were set. */
  readonly status: number;
  /** Packets and bytes of both directions, at most 2^32 − 1 each; 0 if they are not counted. */
  readonly counters: readonly number[];
}

/** Status bits that the kernel never clears. */
export const LASTING = STATUS.SEEN_REPLY | STATUS.ASSURED;

/** The counters of {@link Evidence}, in its order. */
export const COUNTERS: readonly ((cursor: FlowCursor) => number)[] = [
  cursor => cursor.packets(ORIGINAL),
  cursor => cursor.packets(REPLY),
  cursor => cursor.bytes(ORIGINAL),
  cursor => cursor.bytes(REPLY),
];

/**
 * Explains why an entry with a target's tuples and id is treated as a successor of the target; returns `undefined` if nothing indicates a
 * successor.
 */
export function whySuccessor(now: FlowCursor, before: Evidence): string | undefined {
  // An entry gets its start time, or none, when it is created.
  if (now.start() !== before.start) return 'replaced (another start time)';
  if ((now.status() & before.status) !== before.status) return 'replaced (ASSURED or SEEN_REPLY lost)';
  if (COUNTERS.some((read, i) => Math.max(0, read(now)) < before.counters[i]!)) return 'replaced (lower counters)';
  if (Math.max(0, now.mark()) !== before.mark) return 'replaced or changed (another mark)';
  return undefined;
}
