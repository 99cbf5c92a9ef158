import {
  type Address,
  compareAddresses,
  formatAddress,
  hasHostBits,
  ipv4,
  MAPPED_WORD,
  networkOf,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '@conntrack/flow';
import type { AddressClass, AddressValue } from './ast.js';
import type { Scope } from './report.js';
import { nearest } from './suggest.js';

/** Well-known ranges by name: RFC 1918 and 4193; RFC 1122 and 4291; RFC 3927 and 4291; RFC 1112 and 4291; RFC 6598. */
export const ADDRESS_CLASSES: Readonly<Record<AddressClass, readonly string[]>> = {
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
  loopback: ['127.0.0.0/8', '::1/128'],
  'link-local': ['169.254.0.0/16', 'fe80::/10'],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  shared: ['100.64.0.0/10'],
};

/** The class of a name, case-insensitive. */
export const findClass = (text: string): AddressClass | undefined => {
  const lower = text.toLowerCase();
  return Object.hasOwn(ADDRESS_CLASSES, lower) ? (lower as AddressClass) : undefined;
};

/** An IPv4-mapped IPv6 address in its IPv4 form. */
const unmap = (address: Address): Address => {
  const [a, b, c, d] = address.words;
  return address.family === 'ipv6' && a === 0 && b === 0 && c === MAPPED_WORD ? ipv4(d) : address;
};

function prefixValue({ address, length }: Prefix): AddressValue {
  const form = unmap(address);
  // A prefix inside ::ffff:0:0/96 is an IPv4 prefix; a shorter one that begins there is not.
  const short = form.family !== address.family;
  if (short && length < 96) return { type: 'prefix', address, length };
  const bits = short ? length - 96 : length;
  return bits === (form.family === 'ipv4' ? 32 : 128)
    ? { type: 'address', address: form }
    : { type: 'prefix', address: form, length: bits };
}

function parseSlash(text: string, slash: number, start: number, scope: Scope): AddressValue | undefined {
  const end = start + text.length;
  const address = parseAddress(text.slice(0, slash));
  if (address === undefined) return notAddress(text.slice(0, slash), start, scope);
  const tail = text.slice(slash + 1);
  const bits = address.family === 'ipv4' ? 32 : 128;
  const prefix = parsePrefix(text);
  if (prefix !== undefined) {
    if (hasHostBits(prefix)) {
      const network = networkOf(prefix);
      const right = `${formatAddress(network.address)}/${network.length}`;
      if (scope.report.options.purpose === 'change')
        return scope.fail('host-bits', { start, end }, `'${text}' has bits set beyond the prefix`, [right]);
      scope.warn('host-bits', { start, end }, `'${text}' has bits set beyond the prefix; read as ${right}`);
    }
    return prefixValue(networkOf(prefix));
  }
  const mask = parseAddress(tail);
  if (mask === undefined || mask.family !== address.family)
    return scope.fail(
      'bad-prefix',
      { start: start + slash + 1, end },
      `'${tail}' is not a prefix length of 0 to ${bits} or a netmask`,
    );
  return netmaskValue(address, mask);
}

/** An address under a mask: a prefix where the mask's ones are in front. */
function netmaskValue(address: Address, mask: Address): AddressValue {
  const ones = mask.words.slice(address.family === 'ipv4' ? 3 : 0);
  const bits = ones.map(word => (word >>> 0).toString(2).padStart(32, '0')).join('');
  const length = bits.lastIndexOf('1') + 1;
  const words = address.words.map((word, i) => (word & mask.words[i]!) >>> 0);
  const [a, b, c, d] = words as [number, number, number, number];
  const masked: Address = address.family === 'ipv4' ? ipv4(d) : { family: 'ipv6', words: [a, b, c, d] };
  const zero = bits.indexOf('0');
  return zero >= 0 && zero < length
    ? { type: 'netmask', address: masked, mask }
    : prefixValue({ address: masked, length });
}

function notAddress(text: string, start: number, scope: Scope): undefined {
  const suggestions = nearest(text, Object.keys(ADDRESS_CLASSES));
  const name = suggestions.length === 0 && /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$/i.test(text);
  const message = `'${text}' is not an address, prefix or range${name ? '; names are not looked up' : ''}`;
  return scope.fail('bad-value', { start, end: start + text.length }, message, suggestions);
}

/** An address, prefix, range (`..` or `-`), netmask or class name. */
export function parseAddressValue(text: string, start: number, scope: Scope): AddressValue | undefined {
  const name = findClass(text);
  if (name !== undefined) return { type: 'class', name };
  const slash = text.indexOf('/');
  if (slash >= 0) return parseSlash(text, slash, start, scope);
  const address = parseAddress(text);
  if (address !== undefined) return { type: 'address', address: unmap(address) };
  let dash = text.indexOf('..');
  const width = dash < 0 ? 1 : 2;
  if (dash < 0) dash = text.indexOf('-');
  if (dash <= 0 || dash + width >= text.length) return notAddress(text, start, scope);
  const from = parseAddress(text.slice(0, dash));
  if (from === undefined) return notAddress(text.slice(0, dash), start, scope);
  const to = parseAddress(text.slice(dash + width));
  if (to === undefined) return notAddress(text.slice(dash + width), start + dash + width, scope);
  return rangeValue(unmap(from), unmap(to), text, start, scope);
}

function rangeValue(from: Address, to: Address, text: string, start: number, scope: Scope): AddressValue | undefined {
  const end = start + text.length;
  if (from.family !== to.family)
    return scope.fail('conflict', { start, end }, 'a range has both ends in one family, IPv4 or IPv6');
  const order = compareAddresses(from, to);
  if (order === 0) return { type: 'address', address: from };
  if (order < 0) return { type: 'addresses', from, to };
  return scope.fail('reversed-range', { start, end }, `the range '${text}' is reversed`, [
    `${formatAddress(to)}-${formatAddress(from)}`,
  ]);
}
