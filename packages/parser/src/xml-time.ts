import { formatNanoseconds, millisecondsOf, parseNanoseconds } from '@conntrack/flow';
import type { TimeZone } from './ctime.js';
import { readNumber } from './string-reader.js';
import type { Element } from './xml-tree.js';

/** Nanoseconds since 1970 in text to RFC 3339; `undefined` when the text is none, or beyond 64 bits. */
export function nanosecondsText(text: string): string | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >> 64n ? undefined : formatNanoseconds(Number(value >> 32n), Number(value & 0xffffffffn));
}

/** RFC 3339 to nanoseconds since 1970. */
export const nanosecondsOf = (time: string): string => String(parseNanoseconds(time) ?? 0n);

/** What a `<when>` should have been. */
export const WHEN = 'hour, min, sec, wday, day, month and year of a local time';

const FIELDS = ['hour', 'min', 'sec', 'wday', 'day', 'month', 'year'] as const;

/** Fields of local time at a moment; months from 1, days of the week from 1 (Sunday). */
function fieldsOf(milliseconds: number, zone: TimeZone): readonly number[] {
  const minutes = zone === 'local' ? -new Date(milliseconds).getTimezoneOffset() : zone;
  const shown = new Date(milliseconds + minutes * 60_000);
  return [
    shown.getUTCHours(),
    shown.getUTCMinutes(),
    shown.getUTCSeconds(),
    shown.getUTCDay() + 1,
    shown.getUTCDate(),
    shown.getUTCMonth() + 1,
    shown.getUTCFullYear(),
  ];
}

/** `<when>` for a moment: minute and second have two digits, the rest what they need. */
export function formatWhen(time: string, zone: TimeZone): string {
  const values = fieldsOf(millisecondsOf(time), zone);
  const inner = FIELDS.map((name, i) => {
    const value = String(values[i]).padStart(name === 'min' || name === 'sec' ? 2 : 1, '0');
    return `<${name}>${value}</${name}>`;
  });
  return `<when>${inner.join('')}</when>`;
}

/** The moment of a `<when>`; `undefined` when it is none. */
export function timeOfWhen(when: Element, zone: TimeZone): string | undefined {
  const values = FIELDS.map(name => {
    const text = when.children.find(child => child.name === name)?.text;
    return readNumber(text === '00' ? '0' : text?.replace(/^0(?=[1-9]$)/, ''), 9999);
  });
  if (values.includes(-1)) return undefined;
  const [hour, minute, second, , day, month, year] = values as [number, number, number, number, number, number, number];
  const fields = [year, month - 1, day, hour, minute, second] as const;
  const time = zone === 'local' ? new Date(...fields).getTime() : Date.UTC(...fields) - zone * 60_000;
  if (Number.isNaN(time) || fieldsOf(time, zone).some((value, i) => value !== values[i])) return undefined;
  return `${new Date(time).toISOString().slice(0, -5)}.000000000Z`;
}
