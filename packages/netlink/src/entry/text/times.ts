import { CTA_TIMESTAMP, CTA_TIMESTAMP_START, CTA_TIMESTAMP_STOP } from '../../wire/uapi.js';
import type { EntryReader } from '../reader.js';

/** Returns a time of CTA_TIMESTAMP in nanoseconds since 1970; 0 if it is absent. */
function nanoseconds(entry: EntryReader, which: number): bigint {
  const at = entry.inside(CTA_TIMESTAMP, which, 8);
  return at === 0 ? 0n : entry.view.getBigUint64(at);
}
const seconds = (time: bigint): number => (time === 0n ? -1 : Number(time / 1_000_000_000n));

/** Returns when an entry began, in nanoseconds since 1970; 0 if it is unknown. */
export const startTime = (entry: EntryReader): bigint => nanoseconds(entry, CTA_TIMESTAMP_START);
/** Returns when an entry ended, in nanoseconds since 1970; 0 if it is unknown. */
export const stopTime = (entry: EntryReader): bigint => nanoseconds(entry, CTA_TIMESTAMP_STOP);
/** Returns when an entry began, in whole seconds since 1970; −1 if it is unknown. */
export const startOf = (entry: EntryReader): number => seconds(startTime(entry));
export const stopOf = (entry: EntryReader): number => seconds(stopTime(entry));
