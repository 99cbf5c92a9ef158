import { formatIPv4, formatIPv6 } from '@conntrack/flow/codec';

/** Addresses that are kept of each family, by a hash: entries of one table share most of theirs. A hostile table makes no memory leak. */
const SLOTS = 8192;
const SHIFT = 32 - Math.log2(SLOTS);
const GOLDEN = 0x9e3779b1;

const v4Words = new Uint32Array(SLOTS);
const v4Texts: string[] = new Array(SLOTS).fill('');
const v6Words = new Uint32Array(SLOTS * 4);
const v6Texts: string[] = new Array(SLOTS).fill('');

/** An IPv4 address as text, by its number: the same string for the same address, most of the time. */
export function ipv4Text(word: number): string {
  const slot = Math.imul(word, GOLDEN) >>> SHIFT;
  if (v4Words[slot] === word && v4Texts[slot] !== '') return v4Texts[slot]!;
  const text = formatIPv4(word);
  v4Words[slot] = word;
  v4Texts[slot] = text;
  return text;
}

/** An IPv6 address as text, by its words, likewise. */
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
