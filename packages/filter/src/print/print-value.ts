import { formatAddress, protocolOf, statusNames } from '@conntrack/flow';
import { AF_INET, formatPrefix } from '@conntrack/flow/codec';
import type { Value } from '../language/ast.js';
import type { Field } from '../language/field.js';
import { formatNumber, hex } from '../language/numbers.js';

/** Prints the pieces of a name around its stars. It is quoted if it would not be parsed back as itself in both syntaxes. */
const printText = (parts: readonly string[], plain: RegExp): string =>
  parts.every(part => plain.test(part))
    ? parts.join('*')
    : `"${parts.map(part => part.replace(/["\\*]/g, '\\$&')).join('*')}"`;
const piece = /^[\w.:@/-]*$/;
const word = /^\w[\w.:@/-]*$/;
const label = /^(?!\d+$)\w[\w.:@/-]*$/;

/** Returns the name of a field's number, if its numbers have names: `tcp`, `ipv4`, `client`. */
export function numberName({ type, values }: Field, value: number): string | undefined {
  switch (type) {
    case 'family':
      return value === AF_INET ? 'ipv4' : 'ipv6';
    case 'protocol':
      return protocolOf(value).name;
    case 'status':
      return statusNames(value).join(',');
    case 'enum':
      return values?.[value];
    default:
      return undefined;
  }
}

const printNumber = (field: Field, value: number): string => numberName(field, value) ?? formatNumber(field, value);

/** Prints one value; `to` separates the ends of a range. */
export function printValue(field: Field, value: Value, to = '..'): string {
  switch (value.type) {
    case 'number':
      return printNumber(field, value.value);
    case 'range':
      return printNumber(field, value.from) + (field.type === 'time' ? '..' : to) + printNumber(field, value.to);
    case 'masked':
      return `${formatNumber(field, value.value)}/${hex(value.mask)}`;
    case 'address':
      return formatAddress(value.address);
    case 'prefix':
      return formatPrefix(value);
    case 'addresses':
      return formatAddress(value.from) + to + formatAddress(value.to);
    case 'netmask':
      return `${formatAddress(value.address)}/${formatAddress(value.mask)}`;
    case 'label':
      return value.name === undefined ? String(value.bit) : printText([value.name], label);
    case 'text':
      return printText([value.text], word);
    case 'glob':
      return printText(value.parts, piece);
    case 'endpoint': {
      const address = printValue(field, value.address, to);
      if (value.port === undefined) return address;
      return `${address.includes(':') ? `[${address}]` : address}:${value.port}`;
    }
    default:
      return value.name;
  }
}
