import {
  type Address,
  compareAddresses,
  formatPrefix,
  hasHostBits,
  ipv4,
  MAPPED_WORD,
  networkOf,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '@conntrack/flow';
import type { AddressClass, AddressValue } from './ast.js';
import { splitRange } from './range-value.js';
import type { Report } from './report.js';
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
  return a === 0 && b === 0 && c === MAPPED_WORD ? ipv4(d) : address;
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

/** An address under a mask: a prefix where the mask's ones are in front. */
function netmaskValue({ family, words }: Address, mask: Address): AddressValue {
  const bits = mask.words
    .slice(family === 'ipv4' ? 3 : 0)
    .map(word => word.toString(2).padStart(32, '0'))
    .join('');
  const masked = words.map((word, i) => (word & mask.words[i]!) >>> 0) as [number, number, number, number];
  const address = { family, words: masked };
  return bits.includes('01')
    ? { type: 'netmask', address, mask }
    : prefixValue({ address, length: bits.lastIndexOf('1') + 1 });
}

/** An address, prefix, range (`..` or `-`), netmask or class name. */
export function parseAddressValue(text: string, start: number, report: Report): AddressValue | undefined {
  const end = start + text.length;
  const single = (part: string, at: number): Address | undefined => {
    const address = parseAddress(part);
    if (address !== undefined) return address;
    const suggestions = nearest(part, Object.keys(ADDRESS_CLASSES));
    const name = suggestions.length === 0 && /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)*$/i.test(part);
    const message = `'${part}' is not an address, prefix or range${name ? '; names are not looked up' : ''}`;
    return report.fail('bad-value', at, at + part.length, message, suggestions);
  };

  const name = findClass(text);
  if (name !== undefined) return { type: 'class', name };
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const address = single(text.slice(0, slash), start);
    if (address === undefined) return undefined;
    const prefix = parsePrefix(text);
    if (prefix !== undefined) {
      const network = networkOf(prefix);
      if (hasHostBits(prefix)) {
        const right = formatPrefix(network);
        const message = `'${text}' has bits set beyond the prefix`;
        if (report.options.purpose === 'change') return report.fail('host-bits', start, end, message, [right]);
        report.warn('host-bits', start, end, `${message}; read as ${right}`);
      }
      return prefixValue(network);
    }
    const tail = text.slice(slash + 1);
    const mask = parseAddress(tail);
    if (mask?.family === address.family) return netmaskValue(address, mask);
    const bits = address.family === 'ipv4' ? 32 : 128;
    const message = `'${tail}' is not a prefix length of 0 to ${bits} or a netmask`;
    return report.fail('bad-prefix', start + slash + 1, end, message);
  }
  const address = parseAddress(text);
  if (address !== undefined) return { type: 'address', address: unmap(address) };
  const range = splitRange(text);
  if (range === undefined || range.last === '') {
    single(text, start);
    return undefined;
  }
  const one = single(range.first, start);
  const other = one && single(range.last, start + range.lastStart);
  if (one === undefined || other === undefined) return undefined;
  const from = unmap(one);
  const to = unmap(other);
  if (from.family !== to.family)
    return report.fail('conflict', start, end, 'a range has both ends in one family, IPv4 or IPv6');
  const order = compareAddresses(from, to);
  return order === 0
    ? { type: 'address', address: from }
    : order < 0
      ? { type: 'addresses', from, to }
      : range.reversed(start, report);
}
