import type { Family } from './family.js';

/**
 * An IP address as four unsigned 32-bit words, most significant first.
 *
 * An IPv4 address is stored at its mapped place `::ffff:0:0/96` (RFC 4291, 2.5.5.2: words `0, 0, 0xffff, address`). Both families therefore
 * share one order, and an IPv4-mapped IPv6 address equals its IPv4 form. `family` records how the address was written.
 */
export interface Address {
  /** How the address was written. */
  readonly family: Family;
  /** Four unsigned 32-bit words. */
  readonly words: readonly [number, number, number, number];
}

/** The third word of every IPv4 address in the shared 128-bit space: `::ffff:0:0/96`. */
export const MAPPED_WORD = 0xffff;

const octets: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, octet) => String(octet));

/**
 * Parses four dotted octets into an unsigned 32-bit number; returns -1 for any other text. Leading zeros are refused, because programs
 * disagree whether they mean octal or decimal.
 */
export function parseIPv4(text: string, start = 0, end: number = text.length): number {
  let word = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      if (octet === 0) return -1;
      octet = (octet < 0 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return -1;
    } else if (code === 46 && octet >= 0) {
      word = word * 256 + octet;
      octet = -1;
      dots++;
    } else return -1;
  }
  return dots === 3 && octet >= 0 ? word * 256 + octet : -1;
}

function hexDigit(code: number): number {
  // Negative for characters that sort before the digits.
  if (code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/**
 * Parses IPv6 text into `words[at..at+3]` (RFC 4291, 2.2, with a dotted tail; without brackets or `%zone`).
 *
 * Returns false if the text is not an IPv6 address. The content of `words` is then undefined.
 */
export function parseIPv6Into(
  words: Uint32Array | number[],
  at: number,
  text: string,
  start = 0,
  end: number = text.length,
): boolean {
  const groups: number[] = [];
  let gap = -1;
  let i = start;
  if (end - i > 45) return false;
  if (text.charCodeAt(i) === 58) {
    if (text.charCodeAt(i + 1) !== 58) return false;
    gap = 0;
    i += 2;
  }
  while (i < end) {
    const groupStart = i;
    let value = 0;
    while (i < end) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit < 0) break;
      value = value * 16 + digit;
      i++;
    }
    if (i < end && text.charCodeAt(i) === 46) {
      const tail = parseIPv4(text, groupStart, end);
      if (tail < 0) return false;
      groups.push(tail >>> 16, tail & 0xffff);
      i = end;
      break;
    }
    if (i === groupStart || i - groupStart > 4) return false;
    groups.push(value);
    if (i === end) break;
    if (text.charCodeAt(i) !== 58) return false;
    i++;
    if (i === end) return false;
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return false;
      gap = groups.length;
      i++;
    }
  }
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return false;
  if (gap >= 0) groups.splice(gap, 0, ...new Array<number>(8 - groups.length).fill(0));
  for (let word = 0; word < 4; word++) words[at + word] = groups[word * 2]! * 65536 + groups[word * 2 + 1]!;
  return true;
}

/** Makes an IPv4 address from its 32-bit number. */
export const ipv4 = (word: number): Address => ({ family: 'ipv4', words: [0, 0, MAPPED_WORD, word >>> 0] });

/**
 * Parses an address, IPv6 with or without brackets; returns `undefined` if the text is not an address.
 *
 * @example
 * ```ts
 * import { parseAddress } from '@conntrack/flow';
 * parseAddress('192.0.2.1')?.words; // [0, 0, 0xffff, 0xc0000201]
 * ```
 */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseIPv4(text);
  if (v4 >= 0) return ipv4(v4);
  const bracketed = text.startsWith('[') && text.endsWith(']');
  const words: [number, number, number, number] = [0, 0, 0, 0];
  return parseIPv6Into(words, 0, text, bracketed ? 1 : 0, bracketed ? text.length - 1 : text.length)
    ? { family: 'ipv6', words }
    : undefined;
}

/** Formats a 32-bit number as a dotted IPv4 address. */
export const formatIPv4 = (word: number): string =>
  `${octets[word >>> 24]!}.${octets[(word >>> 16) & 255]!}.${octets[(word >>> 8) & 255]!}.${octets[word & 255]!}`;

/**
 * Formats four words as IPv6 text, as glibc's inet_ntop(3) and conntrack(8) do: the longest run of at least two zero groups becomes `::`
 * (the first run if several are equally long), and the last two groups are dotted in `::ffff:a.b.c.d` and `::a.b.c.d`.
 */
export function formatIPv6(a: number, b: number, c: number, d: number): string {
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; ) {
    let run = i;
    while (run < 8 && groups[run] === 0) run++;
    if (run - i > bestLength) {
      best = i;
      bestLength = run - i;
    }
    i = run === i ? i + 1 : run;
  }
  if (best === 0 && (bestLength === 6 || (bestLength === 5 && groups[5] === 0xffff)))
    return `${bestLength === 5 ? '::ffff:' : '::'}${formatIPv4(d)}`;
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === best) {
      text += '::';
      i += bestLength - 1;
    } else {
      if (text !== '' && !text.endsWith(':')) text += ':';
      text += groups[i]!.toString(16);
    }
  }
  return text;
}

/** Formats an address as conntrack(8) prints it. */
export const formatAddress = ({ family, words }: Address): string =>
  family === 'ipv4' ? formatIPv4(words[3]) : formatIPv6(...words);

/** Compares two addresses in the shared 128-bit space: negative, 0 or positive, as `Array.prototype.sort` expects. */
export function compareAddresses(one: Address, other: Address): number {
  for (let i = 0; i < 4; i++) {
    const difference = one.words[i]! - other.words[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
