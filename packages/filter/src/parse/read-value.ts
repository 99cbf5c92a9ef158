import { findProtocol, PROTOCOLS, STATUS_BITS } from '@conntrack/flow';
import { nearest } from '@conntrack/flow/checks';
import { AF_INET, AF_INET6, statusBit } from '@conntrack/flow/codec';
import type { Value } from '../language/ast.js';
import type { Field, FieldType } from '../language/field.js';
import { parseTime, unitsOf } from '../language/numbers.js';
import { SERVICES, servicePort } from '../language/services.js';
import { findState, STATE_NAMES } from '../language/states.js';
import { cut, STRING, type Token } from './lexer.js';
import { readAddress } from './read-address.js';
import { readRange } from './read-range.js';
import type { Report } from './report.js';

/** The names that a field's values can have; empty for numbers and addresses. */
export function valueNames({ type, values = [] }: Field, labels: readonly string[] = []): readonly string[] {
  switch (type) {
    case 'protocol':
      return PROTOCOLS.map(protocol => protocol.name);
    case 'state':
      return STATE_NAMES;
    case 'status':
      return STATUS_BITS;
    case 'port':
      return SERVICES;
    case 'label':
      return labels;
    default:
      return values;
  }
}

/** What an error calls the numbers of each field type. */
const kinds: Partial<Record<FieldType, string>> = {
  time: 'a time such as 2026-01-31T12:00:00Z',
  duration: 'a time span such as 90s or 5m',
  size: 'a number such as 1500 or 1M',
  port: 'a port or the name of a service',
};

/** Reads a number of a field, with its unit, or the name of a port. */
function readNumber(field: Field, item: Token, report: Report): number {
  const { type, name, max } = field;
  const { text } = item;
  const bad = (what: string, suggestions?: readonly string[]): never =>
    report.fail('bad-value', item, `'${text}' ${what}`, suggestions);
  const match = /^(0x[0-9a-f]+|(?!0x)\d+(?:\.\d+)?)([a-z]*)$/i.exec(text);
  if (type === 'time' || match === null) {
    const services = type === 'port' ? SERVICES : [];
    const known = type === 'time' ? parseTime(text) : services.length > 0 ? servicePort(text) : undefined;
    return known ?? bad(`is not ${kinds[type] ?? 'a number'}`, nearest(text, services));
  }
  const [, digits = '', unit = ''] = match;
  if (/^0\d/.test(digits)) bad('begins with 0; octal numbers are not supported', [text.replace(/^0+(?=\d)/, '')]);
  let number = Number(digits);
  if (unit !== '') {
    const units = unitsOf(field);
    const names = Object.keys(units);
    const known = unit === 'K' ? 'k' : unit;
    if (!names.includes(known)) {
      const near = names.filter(each => each.toLowerCase() === unit.toLowerCase());
      report.fail('unknown-unit', cut(item, digits.length), `${name} does not support the unit '${unit}'`, near, names);
    }
    const factor = units[known]!;
    // Neither a thousandth nor 1.1 is exact as a double: divide, or round the product.
    number = factor < 1 ? number / 1000 : Number((number * factor).toFixed(6));
  }
  const parts = type === 'duration' ? 1000 : 1;
  if (Math.round(number * parts) / parts !== number) bad(`is not a whole number${parts > 1 ? ' of milliseconds' : ''}`);
  if (number > max!) report.fail('out-of-range', item, `${name} must be 0 to ${max}, got ${text}`);
  return number;
}

/** Whether the numbers of a field can be compared under a mask. */
export const takesMask = ({ type }: Field): boolean => type === 'hex' || type === 'port' || type === 'number';

/** Reads a mask of 32 bits, decimal or hexadecimal. */
export function readMask(item: Token, report: Report): number {
  const { text } = item;
  const mask = /^(0x[0-9a-f]{1,8}|0|[1-9]\d{0,9})$/i.test(text) ? Number(text) : Number.NaN;
  if (mask <= 0xffffffff) return mask;
  return report.fail('bad-mask', item, `'${text}' must be a 32-bit mask such as 0xff`);
}

/** Makes the value of `(field & mask) === value`, with a warning if no number can match it. */
export function maskedValue(value: number, mask: number, item: Token, report: Report): Value {
  if ((value & mask) >>> 0 !== value)
    report.warn('never-matches', item, `'${item.text}' has bits outside the mask, so nothing matches`);
  return { type: 'masked', value, mask };
}

/** Reads a number, a number under a mask, or a range. */
function readNumeric(field: Field, item: Token, report: Report): Value {
  const { text } = item;
  const read = (part: Token): number => readNumber(field, part, report);
  const slash = text.indexOf('/');
  if (slash > 0 && takesMask(field))
    return maskedValue(read(cut(item, 0, slash)), readMask(cut(item, slash + 1), report), item, report);
  // A dash may be part of a time or of a service's name, known or not.
  const dash = /^\d/.test(text) || (servicePort(text) === undefined && servicePort(text.split('-')[0]!) !== undefined);
  const [from, to] = readRange(item, dash && field.type !== 'time', read, (one, other) => one - other, report);
  return from === to ? { type: 'number', value: from } : { type: 'range', from, to };
}

function readLabel(field: Field, item: Token, report: Report): Value {
  const { text, kind } = item;
  if (kind !== STRING && /^\d+$/.test(text)) return { type: 'label', bit: readNumber(field, item, report) };
  const { labels } = report.options;
  if (labels === undefined) return { type: 'label', name: text };
  const names = labels.names();
  const same = (name: string): boolean => name.toLowerCase() === text.toLowerCase();
  const name =
    (labels.bit(text) === undefined ? names.find(same) : text) ??
    report.unknown('value', item, names, undefined, field.name);
  return { type: 'label', name, bit: labels.bit(name)! };
}

/** The port after an address. */
const PORT: Field = { name: 'port', aliases: [], type: 'port', max: 0xffff };

/** Reads an address with an optional port: `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::1`, `10.0.0.0/8`. */
function readEndpoint(item: Token, report: Report): Value {
  const [, inside, outside, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(item.text) ?? [];
  const from = inside === undefined ? 0 : 1;
  const host = inside ?? outside ?? item.text;
  const address = readAddress(cut(item, from, from + host.length), report);
  if (port === undefined) return { type: 'endpoint', address };
  const digits = cut(item, item.text.length - port.length);
  return { type: 'endpoint', address, port: readNumber(PORT, digits, report) };
}

const numbered = (value: number | undefined): Value | undefined =>
  value === undefined || value < 0 ? undefined : { type: 'number', value };

/** How names are read, by the type of their field; `undefined` for an unknown name. */
const readers: { readonly [Type in FieldType]?: (text: string, values: readonly string[]) => Value | undefined } = {
  family: text => numbered(/^(ipv4|inet|4)$/.test(text) ? AF_INET : /^(ipv|inet)?6$/.test(text) ? AF_INET6 : -1),
  protocol: text => numbered(findProtocol(text)?.number),
  enum: (text, values) => numbered(values.indexOf(text)),
  status: text => numbered(statusBit(text) || -1),
  state: findState,
  name: (name, values) => (values.includes(name) ? { type: 'name', name } : undefined),
};

/** Reads one item of text as a value of a field. */
export function readValue(field: Field, item: Token, report: Report): Value {
  const { type, name, values = [] } = field;
  const { text } = item;
  const read = readers[type];
  if (text === '' && item.kind !== STRING) report.fail('empty-value', item, `an empty value for ${name}`);
  if (read !== undefined)
    return read(text.toLowerCase(), values) ?? report.unknown('value', item, valueNames(field), undefined, name);
  switch (type) {
    case 'address':
    case 'pair':
      return readAddress(item, report);
    case 'nat':
      return readEndpoint(item, report);
    case 'label':
      return readLabel(field, item, report);
    case 'text': {
      const parts = item.parts ?? (item.kind === STRING ? [text] : text.split('*'));
      return parts.length > 1 ? { type: 'glob', parts } : { type: 'text', text };
    }
    default:
      return readNumeric(field, item, report);
  }
}
