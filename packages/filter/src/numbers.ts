import { parseNanoseconds } from '@conntrack/flow';
import type { Field } from './fields.js';

/** Units by the field type that takes them, as multiples of the AST's unit; the first that divides a number prints it. */
const SIZES: readonly [string, number][] = [
  ['G', 1e9],
  ['Gi', 1 << 30],
  ['M', 1e6],
  ['Mi', 1 << 20],
  ['k', 1e3],
  ['Ki', 1 << 10],
];
const TIMES: readonly [string, number][] = [
  ['d', 86400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
];
const NONE: readonly [string, number][] = [];

const unitsOf = (field: Field): readonly [string, number][] =>
  field.type === 'size' ? SIZES : field.type === 'duration' ? TIMES : NONE;

/** The units that a field's numbers take. */
export const unitNames = (field: Field): string[] => unitsOf(field).map(([name]) => name);

/** Why a text is no number. */
export type NumberFault = 'bad-value' | 'octal' | 'unknown-unit' | 'out-of-range' | 'fraction';

const number = /^(0[xX][0-9a-fA-F]+|(?!0[xX])\d+(?:\.\d+)?)([a-zA-Z]*)$/;

/** A number with its unit (decimal or `0x`, never octal), in the AST's unit; or what is wrong with it. */
export function parseNumber(field: Field, text: string): number | NumberFault {
  if (field.type === 'time') return parseTime(text);
  const match = number.exec(text);
  if (match === null) return 'bad-value';
  const [, digits, unit] = match;
  if (/^0\d/.test(digits!)) return 'octal';
  let value = Number(digits);
  if (unit !== '') {
    const factor = unitsOf(field).find(([name]) => name === unit || (name === 'k' && unit === 'K'))?.[1];
    if (factor === undefined) return 'unknown-unit';
    // Neither a thousandth nor 1.1 has an exact double: divide, and round what multiplying adds.
    value = factor < 1 ? value / 1000 : Number((value * factor).toFixed(6));
  }
  if (field.type === 'duration' ? Math.round(value * 1000) / 1000 !== value : !Number.isInteger(value))
    return 'fraction';
  return value <= field.max! ? value : 'out-of-range';
}

function parseTime(text: string): number | NumberFault {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  // In a query string a bare `+` is a space: before an offset it can only have been the sign.
  const nanoseconds = parseNanoseconds(day ? `${text}T00:00:00Z` : text.replace(/ (?=\d\d:\d\d$)/, '+'));
  return nanoseconds === undefined ? 'bad-value' : Number(nanoseconds / 1000n) / 1000;
}

/** A number of a field as text that reads back as the same number: with the largest unit that divides it, marks and keys in hexadecimal. */
export function formatNumber(field: Field, value: number): string {
  switch (field.type) {
    case 'hex':
      return `0x${value.toString(16)}`;
    case 'time': {
      const whole = Math.floor(value);
      const micros = Math.round((value - whole) * 1000);
      const text = new Date(whole).toISOString();
      if (micros === 0) return text.replace('.000Z', 'Z');
      return `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
    }
    case 'duration':
      if (!Number.isInteger(value)) return `${Math.round(value * 1000)}ms`;
      break;
  }
  if (value !== 0)
    for (const [name, factor] of unitsOf(field))
      if (factor >= 1 && value % factor === 0) return `${value / factor}${name}`;
  return String(value);
}
