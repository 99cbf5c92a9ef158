import { formatIPv4, formatIPv6 } from '@conntrack/flow/codec';

/**
 * Number of cached addresses of each family, by a hash: entries of one table share most of their addresses. The constant size protects
 * against hostile tables.
 */
const SLOTS = 8192;
const SHIFT = 32 - Math.log2(SLOTS);
const GOLDEN = 0x9e3779b1;

const v4Words = new Uint32Array(SLOTS);
const v4Texts: string[] = new Array(SLOTS).fill('');
const v6Words = new Uint32Array(SLOTS * 4);
const v6Texts: string[] = new Array(SLOTS).fill('');

/** Returns an IPv4 address as text, from its number. Mostly the same string object for the same address. */
export function ipv4Text(word: number): string {
  const slot = Math.imul(word, GOLDEN) >>> SHIFT;
  if (v4Words[slot] === word && v4Texts[slot] !== '') return v4Texts[slot]!;
  const text = formatIPv4(word);
  v4Words[slot] = word;
  v4Texts[slot] = text;
  return text;
}

/** Returns an IPv6 address as text, from its words. Mostly the same string object for the same address. */
export function ipv6Text(a: number, b: number, c: number, d: number): string {
  const slot = Math.imul(Math.imul(Math.imul(a ^ b, GOLDEN) ^ c, GOLDEN) ^ d, GOLDEN) >>> SHIFT;
  const at = slot * 4;
  const isKept = v6Words[at + 3] === d && v6Words[at + 2] === c && v6Words[at + 1] === b && v6Words[at] === a;
  if (isKept && v6Texts[slot] !== '') return v6Texts[slot]!;
  const text = formatIPv6(a, b, c, d);
  v6Words[at] = a;
  v6Words[at + 1] = b;
  v6Words[at + 2] = c;
  v6Words[at + 3] = d;
  v6Texts[slot] = text;
  return text;
}
