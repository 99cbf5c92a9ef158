import { formatNanoseconds, millisecondsOf } from '@conntrack/flow/text';

// Local times without a zone: ctime(3)'s, as in `[start=Sat Nov 21 04:17:25 2026]`, and XML's `<when>`. Whole seconds. The text does not say whose.

/** Where such a text comes from: `local` is the time zone of this machine, a number is minutes east of UTC (0: UTC). */
export type TimeZone = 'local' | number;

/** The moment whose UTC is what the zone's clocks show at another. */
const shown = (milliseconds: number, zone: TimeZone): Date =>
  new Date(milliseconds + (zone === 'local' ? -new Date(milliseconds).getTimezoneOffset() : zone) * 60_000);

/** The moment at which the zone's clocks show what those of UTC show at another; of the hour that comes twice, the first is taken. NaN for no time. */
export const timeIn = (utc: number, zone: TimeZone): number =>
  zone !== 'local' || Number.isNaN(utc)
    ? utc - Number(zone) * 60_000
    : Date.parse(new Date(utc).toISOString().slice(0, -1));

/** Milliseconds since 1970 as ctime(3) writes them, without its newline. */
export function formatCtime(milliseconds: number, zone: TimeZone): string {
  const [weekday, day, month, year, time] = shown(milliseconds, zone).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day!.replace(/^0/, ' ')} ${time} ${year}`;
}

/**
 * ctime(3) text to milliseconds since 1970; NaN when it is none, or no time of the zone (in the hour that daylight saving skips; with another
 * weekday): then it was printed elsewhere.
 */
export function parseCtime(text: string, zone: TimeZone): number {
  const [weekday, month, day, clock, year] = text.split(/ +/);
  const time = timeIn(Date.parse(`${weekday}, ${day} ${month} ${year} ${clock} GMT`), zone);
  // Date.parse() takes more than ctime(3) writes.
  return Number.isNaN(time) || formatCtime(time, zone) !== text ? Number.NaN : time;
}

/** Milliseconds of a whole second as RFC 3339 with nine digits, as a `Flow` has times; `micros` are the digits of microseconds. */
export const rfc3339 = (milliseconds: number, micros = ''): string =>
  `${new Date(milliseconds).toISOString().slice(0, -5)}.${micros.padStart(6, '0')}000Z`;

/** What a `<when>` should have been. */
export const WHEN = 'hour, min, sec, wday, day, month and year of a local time';

/** The elements of a `<when>`. */
const ELEMENTS = ['hour', 'min', 'sec', 'wday', 'day', 'month', 'year'];

type Six = [number, number, number, number, number, number];

/** A moment's numbers, in their order. */
function valuesOf(milliseconds: number, zone: TimeZone): number[] {
  const at = shown(milliseconds, zone);
  const [year, month, day, hour, minute, second] = at.toISOString().split(/\D/).map(Number) as Six;
  return [hour, minute, second, at.getUTCDay() + 1, day, month, year];
}

/** What the options of flows and of expectations say of times. */
interface TimeOptions {
  timestamp?: boolean | undefined;
  timeZone?: TimeZone | undefined;
}

/** `<when>` for a time in RFC 3339, where there is one and it is asked for: minute and second have two digits, the rest what they need. */
export function formatWhen(time: string | undefined, options: TimeOptions): string {
  if (time === undefined || options.timestamp === false) return '';
  const values = valuesOf(millisecondsOf(time), options.timeZone ?? 'local').map((value, i) =>
    String(value).padStart(i === 1 || i === 2 ? 2 : 1, '0'),
  );
  return `<when>${ELEMENTS.map((name, i) => `<${name}>${values[i]}</${name}>`).join('')}</when>`;
}

/** The moment of a `<when>`; `undefined` when it is none. */
export function timeOfWhen(children: readonly { name: string; text: string }[], zone: TimeZone): string | undefined {
  const values = ELEMENTS.map(name => Number(children.find(child => child.name === name)?.text || Number.NaN));
  const [hour, minute, second, , day, month, year] = values as [number, number, number, number, number, number, number];
  const time = timeIn(Date.UTC(year, month - 1, day, hour, minute, second), zone);
  const isTime = !Number.isNaN(time) && valuesOf(time, zone).every((value, i) => value === values[i]);
  return isTime ? rfc3339(time) : undefined;
}

/** Nanoseconds since 1970 in text to RFC 3339; `undefined` when the text is none, or beyond 64 bits. */
export function nanosecondsText(text: string): string | undefined {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  return value >> 64n ? undefined : formatNanoseconds(Number(value >> 32n), Number(value & 0xffffffffn));
}
