// Local times without a zone: ctime(3)'s, as in `[start=Sat Nov 21 04:17:25 2026]`, and XML's `<when>`. Whole seconds. The text does not say whose.

/** Where such a text comes from: `local` is the time zone of this machine, a number is minutes east of UTC (0: UTC). */
export type TimeZone = 'local' | number;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Year, month (from 0), day, hour, minute, second, day of the week (from 0, Sunday). */
type Fields = [number, number, number, number, number, number, number];

function fieldsOf(milliseconds: number, zone: TimeZone): Fields {
  const minutes = zone === 'local' ? -new Date(milliseconds).getTimezoneOffset() : zone;
  const shown = new Date(milliseconds + minutes * 60_000);
  return [
    shown.getUTCFullYear(),
    shown.getUTCMonth(),
    shown.getUTCDate(),
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
    shown.getUTCDay(),
  ];
}

/**
 * Milliseconds since 1970; NaN when the time does not exist in the zone (in the hour that daylight saving skips; with another weekday): then
 * it was printed elsewhere. Of the hour that comes twice, the first is taken.
 */
function timeOf(fields: Fields, zone: TimeZone): number {
  const [year, month, day, hour, minute, second] = fields;
  const time =
    zone === 'local'
      ? new Date(year, month, day, hour, minute, second).getTime()
      : Date.UTC(year, month, day, hour, minute, second) - zone * 60_000;
  return fieldsOf(time, zone).every((field, i) => field === fields[i]) ? time : Number.NaN;
}

const two = (value: number, fill = '0'): string => String(value).padStart(2, fill);

/** Milliseconds since 1970 as ctime(3) writes them, without its newline. */
export function formatCtime(milliseconds: number, zone: TimeZone): string {
  const [year, month, day, hour, minute, second, weekday] = fieldsOf(milliseconds, zone);
  return `${DAYS[weekday]} ${MONTHS[month]} ${two(day, ' ')} ${two(hour)}:${two(minute)}:${two(second)} ${year}`;
}

const pattern = /^(\w{3}) (\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/** ctime(3) text to milliseconds since 1970; NaN when it is none, or no time of the zone. */
export function parseCtime(text: string, zone: TimeZone): number {
  const match = pattern.exec(text);
  if (match === null) return Number.NaN;
  const [, weekday, month, ...numbers] = match;
  const [day, hour, minute, second, year] = numbers.map(Number) as [number, number, number, number, number];
  return timeOf([year, MONTHS.indexOf(month!), day, hour, minute, second, DAYS.indexOf(weekday!)], zone);
}

/** Milliseconds of a whole second as RFC 3339 with nine digits, as a `Flow` has times; `micros` are the digits of microseconds. */
export const rfc3339 = (milliseconds: number, micros = '0'): string =>
  `${new Date(milliseconds).toISOString().slice(0, -5)}.${micros.padStart(6, '0')}000Z`;

/** What a `<when>` should have been. */
export const WHEN = 'hour, min, sec, wday, day, month and year of a local time';

const ELEMENTS = ['hour', 'min', 'sec', 'wday', 'day', 'month', 'year'];

/** `<when>` for a moment in milliseconds: minute and second have two digits, the rest what they need. */
export function formatWhen(milliseconds: number, zone: TimeZone): string {
  const [year, month, day, hour, minute, second, weekday] = fieldsOf(milliseconds, zone);
  const values = [hour, two(minute), two(second), weekday + 1, day, month + 1, year];
  return `<when>${ELEMENTS.map((name, i) => `<${name}>${values[i]}</${name}>`).join('')}</when>`;
}

/** The moment of a `<when>`; `undefined` when it is none. */
export function timeOfWhen(children: readonly { name: string; text: string }[], zone: TimeZone): string | undefined {
  const values = ELEMENTS.map(name => {
    const text = children.find(child => child.name === name)?.text ?? '';
    return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  });
  const [hour, minute, second, weekday, day, month, year] = values as Fields;
  const time = timeOf([year, month - 1, day, hour, minute, second, weekday - 1], zone);
  return Number.isNaN(time) ? undefined : rfc3339(time);
}
