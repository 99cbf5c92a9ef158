import { Moment } from '../moment.js';
import { putDecimal, putNine, putNumber, putTwo } from './digits.js';
import { type FixedText, fixedText, putFixed } from './fixed-text.js';

const DAY = 86_400;
const COLON = 58;
const DOT = 46;
const Z = 90;

/** A {@link Moment} that can write itself as text. */
export class WrittenMoment extends Moment {
  #day = -1;
  #date: FixedText = fixedText('');

  /** Writes the time as `formatNanoseconds` of @conntrack/flow does: RFC 3339 in UTC with nine digits. */
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

  /** Writes the time as nanoseconds since 1970. */
  putNanoseconds(view: DataView, at: number): number {
    const { seconds, nanoseconds } = this;
    if (seconds === 0) return putDecimal(view, at, nanoseconds);
    return putNine(view, (seconds > 0xffffffff ? putNumber : putDecimal)(view, at, seconds), nanoseconds);
  }
}
