import { putDecimal, putNine, putNumber, putTwo } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';

const DAY = 86_400;
const COLON = 58;
const DOT = 46;
const Z = 90;

/** A time that the kernel tells in nanoseconds since 1970, in parts that a double has exactly. */
export class Moment {
  seconds = 0;
  nanoseconds = 0;
  #day = -1;
  #date: FixedText = fixedText('');

  /** Reads 64 bits in network order; false for 0, which stands for unknown. */
  read(view: DataView, at: number): boolean {
    const high = view.getUint32(at);
    const low = view.getUint32(at + 4);
    // 2^48 nanoseconds are 281,474.976710656 seconds, and 2^32 are 4.294967296.
    const upper = high >>> 16;
    const lower = high & 0xffff;
    const rest = upper * 976_710_656 + lower * 294_967_296 + low;
    const carried = Math.floor(rest / 1e9);
    this.seconds = upper * 281_474 + lower * 4 + carried;
    this.nanoseconds = rest - carried * 1e9;
    return high !== 0 || low !== 0;
  }

  /** Puts it as `formatNanoseconds` of @conntrack/flow writes it: RFC 3339 in UTC with nine digits. */
  putTime(view: DataView, at: number): number {
    const day = Math.floor(this.seconds / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = fixedText(new Date(day * DAY * 1000).toISOString().slice(0, -'00:00:00.000Z'.length));
    }
    const second = this.seconds - day * DAY;
    const minute = Math.floor(second / 60);
    let end = putTwo(view, putFixed(view, at, this.#date), Math.floor(minute / 60));
    view.setUint8(end, COLON);
    end = putTwo(view, end + 1, minute % 60);
    view.setUint8(end, COLON);
    end = putTwo(view, end + 1, second % 60);
    view.setUint8(end, DOT);
    end = putNine(view, end + 1, this.nanoseconds);
    view.setUint8(end, Z);
    return end + 1;
  }

  /** Puts it as nanoseconds since 1970. */
  putNanoseconds(view: DataView, at: number): number {
    const { seconds, nanoseconds } = this;
    if (seconds === 0) return putDecimal(view, at, nanoseconds);
    return putNine(view, (seconds > 0xffffffff ? putNumber : putDecimal)(view, at, seconds), nanoseconds);
  }
}
