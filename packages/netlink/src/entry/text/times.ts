import { CTA_TIMESTAMP, CTA_TIMESTAMP_START, CTA_TIMESTAMP_STOP } from '../../wire/uapi.js';
import type { EntryReader } from '../reader.js';

/** A time of CTA_TIMESTAMP in nanoseconds since 1970; 0 when it is not there. */
function nanoseconds(entry: EntryReader, which: number): bigint {
  const at = entry.inside(CTA_TIMESTAMP, which, 8);
  return at === 0 ? 0n : entry.view.getBigUint64(at);
}
const seconds = (time: bigint): number => (time === 0n ? -1 : Number(time / 1_000_000_000n));

/** When an entry began, in nanoseconds; 0 when that is not told. */
export const startTime = (entry: EntryReader): bigint => nanoseconds(entry, CTA_TIMESTAMP_START);
/** When it ended. */
export const stopTime = (entry: EntryReader): bigint => nanoseconds(entry, CTA_TIMESTAMP_STOP);
/** The same in whole seconds; −1 when it is not told. */
export const startOf = (entry: EntryReader): number => seconds(startTime(entry));
export const stopOf = (entry: EntryReader): number => seconds(stopTime(entry));
