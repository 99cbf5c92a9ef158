import { formatNanoseconds, millisecondsOf } from '@conntrack/flow/text';

// Local times without a time zone, in whole seconds: those of ctime(3), as in `[start=Sat Nov 21 04:17:25 2026]`, and XML's `<when>`. The
// text does not give the zone.

/** The time zone of such a text: `local` is the zone of this machine; a number is minutes east of UTC (0: UTC). */
export type TimeZone = 'local' | number;

/** Returns the date whose UTC fields are what clocks in the zone show at a given time. */
const shown = (milliseconds: number, zone: TimeZone): Date =>
  new Date(milliseconds + (zone === 'local' ? -new Date(milliseconds).getTimezoneOffset() : zone) * 60_000);

/**
 * Returns the time at which clocks in the zone show what UTC clocks show at `utc`. Of the hour that occurs twice, the first is returned.
 * NaN if the zone has no such time.
 */
export const timeIn = (utc: number, zone: TimeZone): number =>
  zone !== 'local' || Number.isNaN(utc)
    ? utc - Number(zone) * 60_000
    : Date.parse(new Date(utc).toISOString().slice(0, -1));

/** Formats milliseconds since 1970 as ctime(3) does, without its newline. */
export function formatCtime(milliseconds: number, zone: TimeZone): string {
  const [weekday, day, month, year, time] = shown(milliseconds, zone).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day!.replace(/^0/, ' ')} ${time} ${year}`;
}

/**
 * Parses ctime(3) text into milliseconds since 1970. Returns NaN for other text, and for a time that the zone does not have (in the hour
 * that daylight saving skips, or with another weekday): that text was printed in another zone.
 */
export function parseCtime(text: string, zone: TimeZone): number {
  const [weekday, month, day, clock, year] = text.split(/ +/);
  const time = timeIn(Date.parse(`${weekday}, ${day} ${month} ${year} ${clock} GMT`), zone);
  // Date.parse() accepts more than ctime(3) writes.
  return Number.isNaN(time) || formatCtime(time, zone) !== text ? Number.NaN : time;
}

/** Formats milliseconds (a whole second) as RFC 3339 with nine digits, as in a `Flow`. `micros` are the digits of the microseconds. */
export const rfc3339 = (milliseconds: number, micros = ''): string =>
  `${new Date(milliseconds).toISOString().slice(0, -5)}.${micros.padStart(6, '0')}000Z`;

/** What an error expects in place of a `<when>`. */
export const WHEN = 'hour, min, sec, wday, day, month and year of a local time';

/** The elements of a `<when>`. */
const ELEMENTS = ['hour', 'min', 'sec', 'wday', 'day', 'month', 'year'];

type Six = [number, number, number, number, number, number];

/** The numbers of a `<when>` for a time, in the order of its elements. */
function valuesOf(milliseconds: number, zone: TimeZone): number[] {
  const at = shown(milliseconds, zone);
  const [year, month, day, hour, minute, second] = at.toISOString().split(/\D/).map(Number) as Six;
  return [hour, minute, second, at.getUTCDay() + 1, day, month, year];
}

/** The options about times that flows and expectations share. */
interface TimeOptions {
  timestamp?: boolean | undefined;
  timeZone?: TimeZone | undefined;
}

/**
 * Formats a time (RFC 3339) as `<when>`, if there is a time and it is requested: minute and second have two digits, the rest as many as
 * they need.
 */
export function formatWhen(time: string | undefined, options: TimeOptions): string {
  if (time === undefined || options.timestamp === false) return '';
  const values = valuesOf(millisecondsOf(time), options.timeZone ?? 'local').map((value, i) =>
    String(value).padStart(i === 1 || i === 2 ? 2 : 1, '0'),
  );
  return `<when>${ELEMENTS.map((name, i) => `<${name}>${values[i]}</${name}>`).join('')}</when>`;
}

/** Parses a `<when>` into a time; returns `undefined` if it is not valid. */
export function timeOfWhen(children: readonly { name: string; text: string }[], zone: TimeZone): string | undefined {
  const values = ELEMENTS.map(name => Number(children.find(child => child.name === name)?.text || Number.NaN));
  const [hour, minute, second, , day, month, year] = values as [number, number, number, number, number, number, number];
  const time = timeIn(Date.UTC(year, month - 1, day, hour, minute, second), zone);
  const isTime = !Number.isNaN(time) && valuesOf(time, zone).every((value, i) => value === values[i]);
  return isTime ? rfc3339(time) : undefined;
}

/** Parses nanoseconds since 1970 into RFC 3339; returns `undefined` for other text and for numbers above 64 bits. */
export function nanosecondsText(text: string): string | undefined {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  return value >> 64n ? undefined : formatNanoseconds(Number(value >> 32n), Number(value & 0xffffffffn));
}
