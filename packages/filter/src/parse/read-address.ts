import { type Address, compareAddresses, type Prefix, parseAddress } from '@conntrack/flow';
import { nearest } from '@conntrack/flow/checks';
import {
  addressBits,
  formatPrefix,
  hasHostBits,
  ipv4,
  MAPPED_WORD,
  networkOf,
  parsePrefixLength,
} from '@conntrack/flow/codec';
import { ADDRESS_CLASSES, findClass } from '../language/address-classes.js';
import type { AddressValue } from '../language/ast.js';
import { cut, type Token } from './lexer.js';
import { readRange } from './read-range.js';
import type { Report } from './report.js';

/** Converts an IPv4-mapped IPv6 address to its IPv4 form. */
const unmap = (address: Address): Address => {
  const [a, b, c, d] = address.words;
  return a === 0 && b === 0 && c === MAPPED_WORD ? ipv4(d) : address;
};

function prefixValue(prefix: Prefix): AddressValue {
  // A prefix inside ::ffff:0:0/96 is an IPv4 prefix; a shorter prefix that begins there is not.
  const address = prefix.length < 96 ? prefix.address : unmap(prefix.address);
  const length = prefix.length - addressBits(prefix.address) + addressBits(address);
  return length === addressBits(address) ? { type: 'address', address } : { type: 'prefix', address, length };
}

/** Makes the value of an address under a mask. It is a prefix if all ones of the mask come first. */
function netmaskValue({ family, words }: Address, mask: Address): AddressValue {
  const bits = mask.words
    .map(word => word.toString(2).padStart(32, '0'))
    .join('')
    .slice(-addressBits(mask));
  const masked = words.map((word, i) => (word & mask.words[i]!) >>> 0) as [number, number, number, number];
  const address = { family, words: masked };
  return bits.includes('01')
    ? { type: 'netmask', address, mask }
    : prefixValue({ address, length: bits.lastIndexOf('1') + 1 });
}

/** Reads an address, prefix, range (`..` or `-`), netmask or class name. */
export function readAddress(item: Token, report: Report): AddressValue {
  const { text } = item;
  const single = (part: Token): Address => {
    const address = parseAddress(part.text);
    if (address !== undefined) return address;
    const classes = nearest(part.text, Object.keys(ADDRESS_CLASSES));
    const name = classes.length === 0 && /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$/i.test(part.text);
    const more = name ? '; host names are not resolved' : '';
    return report.fail('bad-value', part, `'${part.text}' is not an address, prefix or range${more}`, classes);
  };

  const name = findClass(text);
  if (name !== undefined) return { type: 'class', name };
  const slash = text.indexOf('/');
  if (slash < 0) {
    const order = (from: Address, to: Address): number =>
      from.family === to.family
        ? compareAddresses(from, to)
        : report.fail('conflict', item, 'both ends of a range must be IPv4, or both IPv6');
    const [from, to] = readRange(item, true, part => unmap(single(part)), order, report);
    return order(from, to) === 0 ? { type: 'address', address: from } : { type: 'addresses', from, to };
  }
  const address = single(cut(item, 0, slash));
  const tail = cut(item, slash + 1);
  const length = parsePrefixLength(tail.text, address);
  if (length === undefined) {
    const mask = parseAddress(tail.text);
    if (mask?.family === address.family) return netmaskValue(address, mask);
    const bits = addressBits(address);
    return report.fail('bad-prefix', tail, `'${tail.text}' must be a prefix length from 0 to ${bits} or a netmask`);
  }
  const prefix = { address, length };
  const network = networkOf(prefix);
  if (hasHostBits(prefix)) {
    const right = formatPrefix(network);
    const message = `'${text}' has bits set beyond the prefix`;
    if (report.options.purpose === 'change') report.fail('host-bits', item, message, [right]);
    report.warn('host-bits', item, `${message}; read as ${right}`);
  }
  return prefixValue(network);
}
