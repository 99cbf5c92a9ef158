// The times of `[start=Sat Nov 21 04:17:25 2026]`: ctime(3), whole seconds, local time of the machine that printed it. The text does not say which zone that is.

/** Where ctime(3) texts come from: `local` is the time zone of this machine, a number is minutes east of UTC (0: UTC). */
export type TimeZone = 'local' | number;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const pattern = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

const padded = (value: number, fill: string): string => String(value).padStart(2, fill);

/** Milliseconds since 1970 as ctime(3) writes them, without its newline. */
export function formatCtime(milliseconds: number, zone: TimeZone): string {
  const date = new Date(milliseconds);
  const minutes = zone === 'local' ? -date.getTimezoneOffset() : zone;
  const shown = new Date(milliseconds + minutes * 60_000);
  const clock = `${padded(shown.getUTCHours(), '0')}:${padded(shown.getUTCMinutes(), '0')}:${padded(shown.getUTCSeconds(), '0')}`;
  return `${DAYS[shown.getUTCDay()]} ${MONTHS[shown.getUTCMonth()]} ${padded(shown.getUTCDate(), ' ')} ${clock} ${shown.getUTCFullYear()}`;
}

/**
 * ctime(3) text to milliseconds since 1970; NaN when it is none, or when that time does not exist in the zone (in the hour that daylight
 * saving skips; a wrong weekday): then it was printed elsewhere. Of the hour that comes twice, the first is taken.
 */
export function parseCtime(text: string, zone: TimeZone): number {
  const match = pattern.exec(text);
  if (match === null) return Number.NaN;
  const fields = [
    Number(match[6]),
    MONTHS.indexOf(match[1]!),
    Number(match[2]),
    Number(match[3]),
    Number(match[4]),
    Number(match[5]),
  ] as const;
  const time = zone === 'local' ? new Date(...fields).getTime() : Date.UTC(...fields) - zone * 60_000;
  return !Number.isNaN(time) && formatCtime(time, zone) === text ? time : Number.NaN;
}

/** Whole seconds since 1970 as RFC 3339 with nine digits, as a `Flow` has times. */
export const rfc3339OfSeconds = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, -5)}.000000000Z`;
