import { parseNanoseconds } from '@conntrack/flow/text';
import type { Field } from './field.js';

/** The units of each field type, as multiples of the AST's unit. A number is printed with the first unit that divides it. */
const units: { readonly [type: string]: Readonly<Record<string, number>> } = {
  size: { G: 1e9, Gi: 1 << 30, M: 1e6, Mi: 1 << 20, k: 1e3, Ki: 1 << 10 },
  duration: { d: 86400, h: 3600, m: 60, s: 1, ms: 0.001 },
};

/** The units that the numbers of a field can have. */
export const unitsOf = (field: Field): Readonly<Record<string, number>> => units[field.type] ?? {};

/** Parses a time or a day into milliseconds since 1970; returns `undefined` for other text. */
export function parseTime(text: string): number | undefined {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  // In a query string a bare `+` is a space. Before an offset, a space can only have been the sign.
  const nanoseconds = parseNanoseconds(day ? `${text}T00:00:00Z` : text.replace(/ (?=\d\d:\d\d$)/, '+'));
  return nanoseconds === undefined ? undefined : Number(nanoseconds / 1000n) / 1000;
}

/** Formats a number as hexadecimal (`0xff`), for marks, masks and keys. */
export const hex = (value: number): string => `0x${value.toString(16)}`;

/** Formats a number of a field so that it is parsed back as the same number: with the largest unit that divides it; marks and keys in hexadecimal. */
export function formatNumber(field: Field, value: number): string {
  if (field.type === 'hex') return hex(value);
  if (field.type === 'time') {
    const whole = Math.floor(value);
    const micros = Math.round((value - whole) * 1000);
    const text = new Date(whole).toISOString();
    return micros === 0 ? text.replace('.000Z', 'Z') : `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
  }
  if (value % 1 !== 0 && field.type === 'duration') return `${Math.round(value * 1000)}ms`;
  for (const [name, factor] of Object.entries(unitsOf(field)))
    if (value !== 0 && factor >= 1 && value % factor === 0) return `${value / factor}${name}`;
  return String(value);
}
