import { type Address, formatAddress, parseAddress } from './address.js';

/** A network: an address and the number of its leading bits that are compared (0–32 for IPv4, 0–128 for IPv6). */
export interface Prefix {
  /** The address, which may have host bits. */
  readonly address: Address;
  /** Number of leading bits that are compared. */
  readonly length: number;
}

/** The size of an address in bits: 32 for IPv4, 128 for IPv6. */
export const addressBits = ({ family }: Address): number => (family === 'ipv4' ? 32 : 128);

/** The length of a prefix in the shared 128-bit space, where IPv4 is `::ffff:0:0/96`. */
export const commonLength = ({ address, length }: Prefix): number => (address.family === 'ipv4' ? length + 96 : length);

/** The 32-bit mask of one word of a prefix in the shared space. */
const wordMask = (length: number, word: number): number => {
  const bits = Math.min(32, Math.max(0, length - word * 32));
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
};

/**
 * The four word masks of a prefix in the shared space: an address is inside if `(word & mask) >>> 0` equals the network's word, for all
 * four words.
 */
export function prefixMasks(prefix: Prefix): [number, number, number, number] {
  const length = commonLength(prefix);
  return [wordMask(length, 0), wordMask(length, 1), wordMask(length, 2), wordMask(length, 3)];
}

/** Clears the host bits of a prefix: `10.0.0.5/8` becomes `10.0.0.0/8`. */
export function networkOf(prefix: Prefix): Prefix {
  const masks = prefixMasks(prefix);
  const [a, b, c, d] = prefix.address.words;
  return {
    address: {
      family: prefix.address.family,
      words: [(a & masks[0]) >>> 0, (b & masks[1]) >>> 0, (c & masks[2]) >>> 0, (d & masks[3]) >>> 0],
    },
    length: prefix.length,
  };
}

/** Whether any bit after the prefix length is set. */
export const hasHostBits = (prefix: Prefix): boolean =>
  networkOf(prefix).address.words.some((word, i) => word !== prefix.address.words[i]);

/** Whether an address is inside a prefix. An IPv6 prefix shorter than `::ffff:0:0/96` contains IPv6 addresses only. */
export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (address.family === 'ipv4' && prefix.address.family === 'ipv6' && prefix.length < 96) return false;
  const masks = prefixMasks(prefix);
  return masks.every((mask, i) => ((address.words[i]! ^ prefix.address.words[i]!) & mask) === 0);
}

/**
 * Parses `10.0.0.0/8` or `2001:db8::/32`; a bare address is a prefix of full length. Returns `undefined` for other text. Host bits are
 * kept: see {@link hasHostBits}.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const length = slash < 0 ? addressBits(address) : parsePrefixLength(text.slice(slash + 1), address);
  return length === undefined ? undefined : { address, length };
}

/** Parses the text after the slash of a prefix of this address; returns `undefined` if it is not a length, or longer than the address. */
export const parsePrefixLength = (text: string, address: Address): number | undefined =>
  /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) <= addressBits(address) ? Number(text) : undefined;

/** Formats a prefix, always with its length. */
export const formatPrefix = ({ address, length }: Prefix): string => `${formatAddress(address)}/${length}`;
