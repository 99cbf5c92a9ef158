import type { Layout } from '../layout.js';
import { Moment } from '../moment.js';
import type { EntryReader } from '../reader.js';
import { putIPv4, putIPv6 } from './digits.js';
import { type FixedText, putFixed } from './fixed-text.js';

/** Copies text within a buffer, four bytes at a time. The bytes between `to` and the next multiple of four change too. */
function putAgain(view: DataView, at: number, from: number, to: number): number {
  for (let i = from; i < to; i += 4) view.setInt32(at + i - from, view.getInt32(i, true), true);
  return at + to - from;
}

/**
 * Writes the source and destination addresses of both directions, separated by `between`. If the reply's addresses are the original's
 * swapped, an IPv6 address is copied from the text of the original.
 */
export class Addresses {
  /** Offsets of the original's source and destination in the written text. */
  #src = 0;
  #srcEnd = 0;
  #dst = 0;
  #dstEnd = 0;

  original(entry: EntryReader, layout: Layout, view: DataView, at: number, between: FixedText): number {
    const { buffer, view: from } = entry;
    const ip = layout.originalIp;
    if (layout.v4) return putIPv4(view, putFixed(view, putIPv4(view, at, buffer, ip + 8), between), buffer, ip + 16);
    this.#src = at;
    this.#srcEnd = putIPv6(view, at, from, ip + 8, buffer);
    this.#dst = putFixed(view, this.#srcEnd, between);
    this.#dstEnd = putIPv6(view, this.#dst, from, ip + 28, buffer);
    return this.#dstEnd;
  }

  reply(entry: EntryReader, layout: Layout, view: DataView, at: number, between: FixedText): number {
    const { buffer, view: from } = entry;
    const ip = layout.replyIp;
    if (layout.v4) return putIPv4(view, putFixed(view, putIPv4(view, at, buffer, ip + 8), between), buffer, ip + 16);
    const original = layout.originalIp;
    let end = same(from, ip + 8, original + 28)
      ? putAgain(view, at, this.#dst, this.#dstEnd)
      : putIPv6(view, at, from, ip + 8, buffer);
    end = putFixed(view, end, between);
    return same(from, ip + 28, original + 8)
      ? putAgain(view, end, this.#src, this.#srcEnd)
      : putIPv6(view, end, from, ip + 28, buffer);
  }
}

/** Whether two addresses are equal, by their offsets. */
export const same = (view: DataView, one: number, other: number, v4 = false): boolean =>
  view.getInt32(one) === view.getInt32(other) &&
  (v4 ||
    (view.getInt32(one + 12) === view.getInt32(other + 12) &&
      view.getInt32(one + 8) === view.getInt32(other + 8) &&
      view.getInt32(one + 4) === view.getInt32(other + 4)));

const moment = new Moment();

/**
 * Returns the whole seconds since an entry began; 0 if the entry has no start time. Returns −1 if the start time is 0, or later than now
 * because a clock was set back; other code writes those entries.
 */
export function ageOf({ start }: Layout, view: DataView, now: number): number {
  if (start === 0) return 0;
  return moment.read(view, start) ? Math.max(-1, now - moment.seconds) : -1;
}
