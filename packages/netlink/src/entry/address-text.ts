import { formatIPv4, formatIPv6 } from '@conntrack/flow/codec';

/**
 * Number of cached addresses of each family, by a hash: entries of one table share most of their addresses. The constant size protects
 * against hostile tables.
 */
const SLOTS = 8192;
const SHIFT = 32 - Math.log2(SLOTS);
const GOLDEN = 0x9e3779b1;

// Made with the first address: a program that makes no objects has no use for them.
let v4Words = new Uint32Array(0);
let v4Texts: string[] = [];
let v6Words = new Uint32Array(0);
let v6Texts: string[] = [];

function makeV4(): void {
  v4Words = new Uint32Array(SLOTS);
  v4Texts = new Array<string>(SLOTS).fill('');
}

function makeV6(): void {
  v6Words = new Uint32Array(SLOTS * 4);
  v6Texts = new Array<string>(SLOTS).fill('');
}

/** Returns an IPv4 address as text, from its number. Mostly the same string object for the same address. */
export function ipv4Text(word: number): string {
  if (v4Texts.length === 0) makeV4();
  const slot = Math.imul(word, GOLDEN) >>> SHIFT;
  if (v4Words[slot] === word && v4Texts[slot] !== '') return v4Texts[slot]!;
  const text = formatIPv4(word);
  v4Words[slot] = word;
  v4Texts[slot] = text;
  return text;
}

/** Returns an IPv6 address as text, from its words. Mostly the same string object for the same address. */
export function ipv6Text(a: number, b: number, c: number, d: number): string {
  if (v6Texts.length === 0) makeV6();
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
