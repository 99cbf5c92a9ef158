import { type FlowChange, type FlowRef, sameConnection, statusMask } from '@conntrack/flow';
import { ORIGINAL_SRC } from '@conntrack/flow/codec';
import type { EntryCursor } from '../entry/cursor.js';
import { NetlinkError, type Operation } from '../wire/error.js';
import type { Judged, LookUp } from './batch.js';
import { portsMayBeIgnored } from './drops.js';
import { writeGet } from './flow.js';

/** Looks at an entry just before it is changed. What it answers is the reason why the entry is left alone. */
export type Check<Ref extends FlowRef = FlowRef> = (entry: EntryCursor, ref: Ref) => string | undefined;

/** Whether an update depends on the entry as it is: the kernel compares no id and no reply tuple there, takes the status as a whole word, and may ignore ports. */
export const depends = (ref: FlowRef, change: FlowChange): boolean =>
  ref.id !== undefined || ref.reply !== undefined || change.status !== undefined || portsMayBeIgnored(ref);

/** The whole status word of an update: the bits that the entry has, and those to be set. */
export const statusFor = (change: FlowChange, current: number | undefined): number | undefined =>
  change.status === undefined ? undefined : (current! | statusMask(change.status)) >>> 0;

/** What the entry that has a reference's tuple is to the reference: the connection that is meant, one to be skipped, or a successor. */
export function judge<Ref extends FlowRef>(
  operation: Operation,
  entry: EntryCursor,
  ref: Ref,
  check: Check<Ref> | undefined,
): Judged {
  // A kernel without the protocol's tracker ignored the ports of the request.
  if (portsMayBeIgnored(ref) && entry.port(ORIGINAL_SRC) < 0 && entry.greKey(ORIGINAL_SRC) < 0)
    return { outcome: 'gone' };
  if (!sameConnection(entry, ref)) {
    const error = new NetlinkError('FLOW_REPLACED', operation, 'another connection has this tuple now');
    return { outcome: 'failed', error };
  }
  const reason = check?.(entry, ref);
  return reason === undefined ? { status: Math.max(0, entry.status()) } : { outcome: 'skipped', reason };
}

/** The look-ups of a batch: of the entries for which `needed` holds. */
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
