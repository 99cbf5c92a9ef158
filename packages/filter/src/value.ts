import { AF_INET, AF_INET6, findProtocol, MAX_LABEL, PROTOCOLS, STATUS_BITS, statusBit } from '@conntrack/flow';
import { parseAddressValue } from './address-value.js';
import type { Value } from './ast.js';
import type { Field } from './fields.js';
import type { Item } from './item.js';
import { type NumberFault, parseNumber, unitNames } from './numbers.js';
import type { Scope } from './report.js';
import { SERVICES, servicePort } from './services.js';
import { findState, STATE_NAMES } from './states.js';
import { nearest, orList } from './suggest.js';

const families: Readonly<Record<string, number>> = {
  ipv4: AF_INET,
  ipv6: AF_INET6,
  inet: AF_INET,
  inet6: AF_INET6,
  '4': AF_INET,
  '6': AF_INET6,
};

/** The names that a field's values can have; empty for numbers and addresses. */
export function valueNames(field: Field, labels: readonly string[] = []): readonly string[] {
  switch (field.type) {
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
      return field.values ?? [];
  }
}

function unknown(field: Field, item: Item, scope: Scope, names: readonly string[]): undefined {
  const suggestions = nearest(item.text, names);
  const few = names.length > 0 && names.length <= 4 && suggestions.length === 0;
  const expected = few ? `; expected ${orList(names)}` : '';
  return scope.fail('unknown-value', item, `unknown ${field.name} '${item.text}'${expected}`, suggestions, names);
}

const kinds: Partial<Record<Field['type'], string>> = {
  time: 'a time such as 2026-01-31T12:00:00Z',
  duration: 'a time span such as 90s or 5m',
  size: 'a number such as 1500 or 1M',
  port: 'a port, a range of ports or a service name',
};

/** A fault of a number as a sentence. */
function numberFault(field: Field, fault: NumberFault, text: string, start: number, scope: Scope): undefined {
  const end = start + text.length;
  const digits = /^[\d.]*/.exec(text)![0];
  switch (fault) {
    case 'octal':
      return scope.fail('bad-value', { start, end }, `'${text}' begins with 0, and octal is not read`, [
        text.replace(/^0+(?=\d)/, ''),
      ]);
    case 'unknown-unit': {
      const unit = text.slice(digits.length);
      const units = unitNames(field);
      if (units.length === 0)
        return scope.fail(
          'unknown-unit',
          { start: start + digits.length, end },
          `${field.name} takes a number without a unit`,
        );
      const like = units.filter(name => name.toLowerCase() === unit.toLowerCase());
      return scope.fail(
        'unknown-unit',
        { start: start + digits.length, end },
        `unknown unit '${unit}'; ${field.name} takes ${units.join(', ')}`,
        like,
        units,
      );
    }
    case 'out-of-range':
      return scope.fail('out-of-range', { start, end }, `${field.name} is 0 to ${field.max}, not ${text}`);
    case 'fraction': {
      const unit = field.type === 'duration' ? ' of milliseconds' : field.unit === undefined ? '' : ` of ${field.unit}`;
      return scope.fail('bad-value', { start, end }, `'${text}' is not a whole number${unit}`);
    }
    default: {
      const names = field.type === 'port' ? nearest(text, SERVICES) : [];
      return scope.fail('bad-value', { start, end }, `'${text}' is not ${kinds[field.type] ?? 'a number'}`, names);
    }
  }
}

/** One number, or a service name where the field is a port. */
function readNumber(field: Field, text: string): number | NumberFault {
  if (field.type === 'port') {
    const first = text.charCodeAt(0) | 32;
    const port = first >= 97 && first <= 122 ? servicePort(text.toLowerCase()) : undefined;
    if (port !== undefined) return port;
  }
  return parseNumber(field, text);
}

/** Whether a field's numbers can be compared under a mask. */
export const takesMask = (field: Field): boolean =>
  field.type === 'hex' || field.type === 'port' || field.type === 'number';

/** A mask of 32 bits, decimal or hexadecimal; `undefined` and a fault when it is none. */
export function parseMask(text: string, start: number, scope: Scope): number | undefined {
  const mask = /^(0[xX][0-9a-fA-F]{1,8}|0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN;
  if (mask <= 0xffffffff) return mask;
  return scope.fail('bad-mask', { start, end: start + text.length }, `'${text}' is not a mask of 32 bits such as 0xff`);
}

/** The value of `(field & mask) === value`, with a warning when nothing can be that. */
export function maskedValue(value: number, mask: number, item: Item, scope: Scope): Value {
  if ((value & mask) >>> 0 !== value)
    scope.warn('never-matches', item, `'${item.text}' has bits outside of the mask, so that nothing matches`);
  return { type: 'masked', value, mask };
}

function parseNumeric(field: Field, item: Item, scope: Scope): Value | undefined {
  const { text, start } = item;
  const single = readNumber(field, text);
  if (typeof single === 'number') return { type: 'number', value: single };
  const slash = text.indexOf('/');
  if (slash > 0 && takesMask(field)) {
    const value = readNumber(field, text.slice(0, slash));
    if (typeof value === 'string') return numberFault(field, value, text.slice(0, slash), start, scope);
    const mask = parseMask(text.slice(slash + 1), start + slash + 1, scope);
    return mask === undefined ? undefined : maskedValue(value, mask, item, scope);
  }
  let dash = text.indexOf('..');
  const width = dash < 0 ? 1 : 2;
  if (dash < 0 && field.type !== 'time') dash = text.indexOf('-');
  // A name with a dash that no table knows is no range.
  if (
    dash <= 0 ||
    (width === 1 && !/\d/.test(text[0]!) && servicePort(text.slice(0, dash).toLowerCase()) === undefined)
  )
    return numberFault(field, single, text, start, scope);
  const first = text.slice(0, dash);
  const last = text.slice(dash + width);
  if (last === '')
    return scope.fail('bad-value', { start, end: item.end }, 'a range has two ends; use >= for one without end');
  const from = readNumber(field, first);
  const to = readNumber(field, last);
  if (typeof from === 'string') numberFault(field, from, first, start, scope);
  if (typeof to === 'string') numberFault(field, to, last, start + dash + width, scope);
  if (typeof from === 'string' || typeof to === 'string') return undefined;
  if (from > to)
    return scope.fail('reversed-range', { start, end: item.end }, `the range '${text}' is reversed`, [
      `${last}${text.slice(dash, dash + width)}${first}`,
    ]);
  return from === to ? { type: 'number', value: from } : { type: 'range', from, to };
}

function parseLabel(field: Field, item: Item, scope: Scope): Value | undefined {
  const { text } = item;
  if (!item.quoted && /^\d+$/.test(text)) {
    const bit = Number(text);
    if (bit > MAX_LABEL || (text.length > 1 && text[0] === '0'))
      return scope.fail('out-of-range', item, `a label is a bit of 0 to ${MAX_LABEL} or a name, not ${text}`);
    return { type: 'label', bit };
  }
  const { labels } = scope.report.options;
  if (labels === undefined) return { type: 'label', name: text };
  const exact = labels.bit(text);
  if (exact !== undefined) return { type: 'label', name: text, bit: exact };
  const names = labels.names();
  const name = names.find(other => other.toLowerCase() === text.toLowerCase());
  return name === undefined ? unknown(field, item, scope, names) : { type: 'label', name, bit: labels.bit(name)! };
}

/** An address with an optional port behind it: `10.0.0.1:80`, `[2001:db8::1]:80`, `2001:db8::1`, `10.0.0.0/8`. */
function parseEndpoint(item: Item, scope: Scope): Value | undefined {
  const { text, start } = item;
  const close = text[0] === '[' ? text.indexOf(']') : -1;
  const inside = close > 0 && (close === text.length - 1 || text[close + 1] === ':');
  const first = text.indexOf(':');
  const colon = inside ? text.indexOf(':', close) : first === text.lastIndexOf(':') ? first : -1;
  const address = inside
    ? parseAddressValue(text.slice(1, close), start + 1, scope)
    : parseAddressValue(colon < 0 ? text : text.slice(0, colon), start, scope);
  if (colon < 0) return address && { type: 'endpoint', address };
  const digits = text.slice(colon + 1);
  const port = /^(0|[1-9]\d{0,4})$/.test(digits) ? Number(digits) : (servicePort(digits.toLowerCase()) ?? 65536);
  if (port > 65535)
    return scope.fail('bad-value', { start: start + colon + 1, end: item.end }, `'${digits}' is not a port`);
  return address && { type: 'endpoint', address, port };
}

/** What one item of text means as a value of a field; `undefined`, with the fault reported, when it means nothing. */
export function parseValue(field: Field, item: Item, scope: Scope): Value | undefined {
  const { text } = item;
  if (text === '' && !item.quoted) return scope.fail('empty-value', item, `an empty value for ${field.name}`);
  switch (field.type) {
    case 'family': {
      const value = families[text.toLowerCase()];
      return value === undefined ? unknown(field, item, scope, field.values!) : { type: 'number', value };
    }
    case 'protocol': {
      const protocol = findProtocol(text);
      return protocol === undefined
        ? unknown(field, item, scope, valueNames(field))
        : { type: 'number', value: protocol.number };
    }
    case 'enum': {
      const value = field.values!.indexOf(text.toLowerCase());
      return value < 0 ? unknown(field, item, scope, field.values!) : { type: 'number', value };
    }
    case 'name': {
      const name = text.toLowerCase();
      return field.values!.includes(name) ? { type: 'name', name } : unknown(field, item, scope, field.values!);
    }
    case 'status': {
      const value = statusBit(text);
      return value === 0 ? unknown(field, item, scope, STATUS_BITS) : { type: 'number', value };
    }
    case 'state': {
      const state = findState(text);
      return state === undefined
        ? unknown(field, item, scope, STATE_NAMES)
        : { type: 'state', name: state.name, states: state.states };
    }
    case 'address':
    case 'pair':
      return parseAddressValue(text, item.start, scope);
    case 'nat':
      return parseEndpoint(item, scope);
    case 'label':
      return parseLabel(field, item, scope);
    case 'text': {
      const parts = item.parts ?? (!item.quoted && text.includes('*') ? text.split('*') : undefined);
      return parts === undefined ? { type: 'text', text } : { type: 'glob', parts };
    }
    case 'flag':
      return scope.fail('wrong-operator', item, `${field.name} is a word and takes no value`);
    default:
      return parseNumeric(field, item, scope);
  }
}
