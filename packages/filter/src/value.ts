import { AF_INET, AF_INET6, findProtocol, MAX_LABEL, PROTOCOLS, STATUS_BITS, statusBit } from '@conntrack/flow';
import { parseAddressValue } from './address-value.js';
import type { Value } from './ast.js';
import type { Field } from './fields.js';
import type { FilterIssueCode } from './issue.js';
import { STRING, type Token } from './lexer.js';
import { parseTime, unitsOf } from './numbers.js';
import { splitRange } from './range-value.js';
import type { Report, Suggestions } from './report.js';
import { SERVICES, servicePort } from './services.js';
import { findState, STATE_NAMES } from './states.js';
import { nearest, orList } from './suggest.js';

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

/** What a number is called where a text is none. */
const kinds: Partial<Record<Field['type'], string>> = {
  time: 'a time such as 2026-01-31T12:00:00Z',
  duration: 'a time span such as 90s or 5m',
  size: 'a number such as 1500 or 1M',
  port: 'a port, a range of ports or a service name',
};

/** Whether a field's numbers can be compared under a mask. */
export const takesMask = ({ type }: Field): boolean => type === 'hex' || type === 'port' || type === 'number';

/** A mask of 32 bits, decimal or hexadecimal; `undefined` and a fault when it is none. */
export function parseMask(text: string, start: number, report: Report): number | undefined {
  const mask = /^(0[xX][0-9a-fA-F]{1,8}|0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
  if (mask <= 0xffffffff) return mask;
  return report.fail('bad-mask', start, start + text.length, `'${text}' is not a mask of 32 bits such as 0xff`);
}

/** The value of `(field & mask) === value`, with a warning when nothing can be that. */
export function maskedValue(value: number, mask: number, { text, start, end }: Token, report: Report): Value {
  if ((value & mask) >>> 0 !== value)
    report.warn('never-matches', start, end, `'${text}' has bits outside of the mask, so that nothing matches`);
  return { type: 'masked', value, mask };
}

/** What one item of text means as a value of a field; `undefined`, with the fault reported, when it means nothing. */
export function parseValue(field: Field, item: Token, report: Report): Value | undefined {
  const { type, name, values = [] } = field;
  const { text, start, kind } = item;
  const quoted = kind === STRING;
  if (text === '' && !quoted) return report.fail('empty-value', start, item.end, `an empty value for ${name}`);
  if (type === 'address' || type === 'pair') return parseAddressValue(text, start, report);
  const lower = text.toLowerCase();

  /** A fault of the item, or of the part that begins at `at`. */
  const fail = (
    code: FilterIssueCode,
    message: string,
    suggestions?: Suggestions,
    at = start,
    end = item.end,
    expected?: readonly string[],
  ): undefined => report.fail(code, at, end, message, suggestions, expected);

  const unknown = (names = valueNames(field)): undefined => {
    const suggestions = nearest(text, names);
    const few = names.length > 0 && names.length <= 4 && suggestions.length === 0;
    const message = `unknown ${name} '${text}'${few ? `; expected ${orList(names)}` : ''}`;
    return fail('unknown-value', message, suggestions, start, item.end, names);
  };

  /** One number, or the name of a port; `undefined` and, unless it is only tried, a fault when it is neither. */
  const readNumber = (part: string, at = start, tried = false): number | undefined => {
    const end = at + part.length;
    const bad = (tail: string, suggestions?: Suggestions): undefined =>
      tried ? undefined : fail('bad-value', `'${part}' ${tail}`, suggestions, at, end);
    const match = /^(0[xX][0-9a-fA-F]+|(?!0[xX])\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(part);
    const known = type === 'time' ? parseTime(part) : type === 'port' && !match ? servicePort(part) : undefined;
    if (known !== undefined) return known;
    if (type === 'time' || match === null) {
      const near = type === 'port' ? () => nearest(part, SERVICES) : undefined;
      return bad(`is not ${kinds[type] ?? 'a number'}`, near);
    }
    const [, digits, unit] = match;
    if (/^0\d/.test(digits!)) return bad('begins with 0, and octal is not read', [part.replace(/^0+(?=\d)/, '')]);
    let number = Number(digits);
    if (unit !== '') {
      const units = unitsOf(field);
      const factor = Object.hasOwn(units, unit!) ? units[unit!] : unit === 'K' ? units.k : undefined;
      if (factor === undefined) {
        if (tried) return undefined;
        const names = Object.keys(units);
        return names.length === 0
          ? fail('unknown-unit', `${name} takes a number without a unit`, [], end - unit!.length, end)
          : fail(
              'unknown-unit',
              `unknown unit '${unit}'; ${name} takes ${names.join(', ')}`,
              names.filter(each => each.toLowerCase() === unit!.toLowerCase()),
              end - unit!.length,
              end,
              names,
            );
      }
      // Neither a thousandth nor 1.1 has an exact double: divide, and round what multiplying adds.
      number = factor < 1 ? number / 1000 : Number((number * factor).toFixed(6));
    }
    const duration = type === 'duration';
    if (duration ? Math.round(number * 1000) / 1000 !== number : number % 1 !== 0) {
      const whole = duration ? 'milliseconds' : field.unit;
      return bad(`is not a whole number${whole === undefined ? '' : ` of ${whole}`}`);
    }
    if (number <= field.max!) return number;
    return tried ? undefined : fail('out-of-range', `${name} is 0 to ${field.max}, not ${part}`, [], at, end);
  };

  /** A number, a number under a mask, or a range. */
  const readNumeric = (): Value | undefined => {
    const single = readNumber(text, start, true);
    if (single !== undefined) return { type: 'number', value: single };
    const slash = text.indexOf('/');
    if (slash > 0 && takesMask(field)) {
      const value = readNumber(text.slice(0, slash));
      const mask = value === undefined ? undefined : parseMask(text.slice(slash + 1), start + slash + 1, report);
      return mask === undefined ? undefined : maskedValue(value!, mask, item, report);
    }
    const range = splitRange(text, type !== 'time');
    // A name with a dash that no table knows is no range.
    if (range === undefined || (!/^\d|\.\./.test(text) && servicePort(range.first) === undefined)) {
      readNumber(text);
      return undefined;
    }
    if (range.last === '') return fail('bad-value', 'a range has two ends; use >= for one without end');
    const from = readNumber(range.first);
    const to = readNumber(range.last, start + range.lastStart);
    if (from === undefined || to === undefined) return undefined;
    if (from > to) return range.reversed(start, report);
    return from === to ? { type: 'number', value: from } : { type: 'range', from, to };
  };

  const readLabel = (): Value | undefined => {
    if (!quoted && /^\d+$/.test(text)) {
      const bit = Number(text);
      return bit > MAX_LABEL || /^0./.test(text)
        ? fail('out-of-range', `a label is a bit of 0 to ${MAX_LABEL} or a name, not ${text}`)
        : { type: 'label', bit };
    }
    const { labels } = report.options;
    if (labels === undefined) return { type: 'label', name: text };
    const names = labels.names();
    const known = labels.bit(text) === undefined ? names.find(other => other.toLowerCase() === lower) : text;
    return known === undefined ? unknown(names) : { type: 'label', name: known, bit: labels.bit(known)! };
  };

  /** An address with an optional port behind it: `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::1`, `10.0.0.0/8`. */
  const readEndpoint = (): Value | undefined => {
    const [, inside, outside, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(text) ?? [];
    const address = parseAddressValue(inside ?? outside ?? text, start + (inside === undefined ? 0 : 1), report);
    if (digits === undefined) return address && { type: 'endpoint', address };
    const port = /^(0|[1-9]\d{0,4})$/.test(digits) ? Number(digits) : (servicePort(digits) ?? 65536);
    if (port > 65535) return fail('bad-value', `'${digits}' is not a port`, [], item.end - digits.length);
    return address && { type: 'endpoint', address, port };
  };

  switch (type) {
    case 'family':
    case 'protocol':
    case 'enum':
    case 'status': {
      const value =
        type === 'protocol'
          ? (findProtocol(text)?.number ?? -1)
          : type === 'status'
            ? statusBit(text) || -1
            : type === 'enum'
              ? values.indexOf(lower)
              : /^(ipv4|inet|4)$/.test(lower)
                ? AF_INET
                : /^(ipv|inet)?6$/.test(lower)
                  ? AF_INET6
                  : -1;
      return value < 0 ? unknown() : { type: 'number', value };
    }
    case 'name':
      return values.includes(lower) ? { type: 'name', name: lower } : unknown();
    case 'state':
      return findState(text) ?? unknown();
    case 'nat':
      return readEndpoint();
    case 'label':
      return readLabel();
    case 'text': {
      const parts = item.parts ?? (quoted ? [] : text.split('*'));
      return parts.length > 1 ? { type: 'glob', parts } : { type: 'text', text };
    }
    case 'flag':
      return fail('wrong-operator', `${name} is a word and takes no value`);
    default:
      return readNumeric();
  }
}
