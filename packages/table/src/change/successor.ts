import { type FlowCursor, STATUS } from '@conntrack/flow';
import { ORIGINAL, REPLY } from '@conntrack/flow/codec';

/** What was seen of a target when the plan was made, as far as it tells the target from a successor. */
export interface Evidence {
  /** Milliseconds since 1970; −1 where start times are not kept. */
  readonly start: number;
  readonly mark: number;
  /** Those of the {@link LASTING} bits that were set. */
  readonly status: number;
  /** Packets and bytes of both directions, at most 2^32 − 1 each; 0 where they are not counted. */
  readonly counters: readonly number[];
}

/** Status bits that no entry ever loses. */
export const LASTING = STATUS.SEEN_REPLY | STATUS.ASSURED;

/** The counters that {@link Evidence} has, in its order. */
export const COUNTERS: readonly ((cursor: FlowCursor) => number)[] = [
  cursor => cursor.packets(ORIGINAL),
  cursor => cursor.packets(REPLY),
  cursor => cursor.bytes(ORIGINAL),
  cursor => cursor.bytes(REPLY),
];

/** Why an entry with a target's tuples and id is treated as a successor of the target; `undefined` where nothing shows one. */
export function whySuccessor(now: FlowCursor, before: Evidence): string | undefined {
  // An entry gets its start time, or none, when it is made.
  if (now.start() !== before.start) return 'replaced (another start time)';
  if ((now.status() & before.status) !== before.status) return 'replaced (ASSURED or SEEN_REPLY lost)';
  if (COUNTERS.some((read, i) => Math.max(0, read(now)) < before.counters[i]!)) return 'replaced (lower counters)';
  if (Math.max(0, now.mark()) !== before.mark) return 'replaced or changed (another mark)';
  return undefined;
}
