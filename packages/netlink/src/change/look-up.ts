import { type FlowChange, type FlowRef, sameConnection, statusMask } from '@conntrack/flow';
import type { EntryCursor } from '../entry/cursor.js';
import { NetlinkError, type Operation } from '../wire/error.js';
import type { Judged, LookUp } from './batch.js';
import { isBare, portsMayBeIgnored } from './drops.js';
import { writeGet } from './flow.js';

/** Looks at an entry just before it is changed. Returns a reason to skip the entry, or `undefined`. */
export type Check<Ref extends FlowRef = FlowRef> = (entry: EntryCursor, ref: Ref) => string | undefined;

/**
 * Whether an update depends on the entry's current values. In an update, the kernel compares neither id nor reply tuple, takes the status
 * as a whole word, and may ignore ports.
 */
export const depends = (ref: FlowRef, change: FlowChange): boolean =>
  ref.id !== undefined || ref.reply !== undefined || change.status !== undefined || portsMayBeIgnored(ref);

/** The whole status word of an update: the bits that the entry has, and those to set. */
export const statusFor = (change: FlowChange, current: number | undefined): number | undefined =>
  change.status === undefined ? undefined : (current! | statusMask(change.status)) >>> 0;

/** Judges the entry that has a reference's tuple: it is the referenced connection, a connection to skip, or a successor. */
export function judge<Ref extends FlowRef>(
  operation: Operation,
  entry: EntryCursor,
  ref: Ref,
  check: Check<Ref> | undefined,
): Judged {
  if (isBare(ref, entry)) return { outcome: 'gone' };
  if (!sameConnection(entry, ref)) {
    const error = new NetlinkError('FLOW_REPLACED', operation, 'another connection has this tuple now');
    return { outcome: 'failed', error };
  }
  const reason = check?.(entry, ref);
  return reason === undefined ? { status: Math.max(0, entry.status()) } : { outcome: 'skipped', reason };
}

/** The look-ups of a batch, for the entries where `needed` returns true. */
export const lookUps = <Ref extends FlowRef>(
  operation: Operation,
  check: Check<Ref> | undefined,
  needed: (ref: Ref) => boolean,
): LookUp<Ref> => ({
  needed,
  write: (writer, sequence, ref) => {
    if (needed(ref)) writeGet(writer, sequence, ref);
  },
  judge: (entry, ref) => judge(operation, entry, ref, check),
});
