import { formatIPv4, formatIPv6, parseIPv6Into } from '@conntrack/flow';
import { decode } from './bytes.js';

const SLOTS = 4096;
const words = new Uint32Array(4);

/**
 * IPv4 addresses as text, by their number: a table has few hosts beside its many lines, so that most addresses need no new string.
 * Direct-mapped, hence of constant size on any input. Strings are built, never cut out of a chunk, which would keep the chunk alive.
 */
export class IPv4Cache {
  readonly #numbers = new Uint32Array(SLOTS);
  readonly #texts: string[] = new Array<string>(SLOTS).fill('0.0.0.0');

  /** The address's text. */
  text(number: number): string {
    const slot = Math.imul(number, 0x9e3779b1) >>> 20;
    if (this.#numbers[slot] === number) return this.#texts[slot]!;
    const text = formatIPv4(number);
    this.#numbers[slot] = number;
    this.#texts[slot] = text;
    return text;
  }
}

const WORDS = 1024;
const LONGEST = 64;

/** Words that come again and again (states, helpers), by their bytes. Direct-mapped and of constant size, as above. */
export class WordCache {
  readonly #texts: string[] = new Array<string>(WORDS).fill('');

  /** The word's text. */
  word(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return decode(bytes, start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + bytes[i]!;
    const slot = (hash ^ (hash >>> 10)) & (WORDS - 1);
    const known = this.#texts[slot]!;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
      if (i === length) return known;
    }
    const text = decode(bytes, start, end);
    this.#texts[slot] = text;
    return text;
  }
}

const ADDRESSES = 1024;

/** IPv6 addresses as inet_ntop(3) writes them, by their number. */
export class IPv6Cache {
  readonly #numbers = new Uint32Array(ADDRESSES * 4);
  readonly #texts: string[] = new Array<string>(ADDRESSES).fill('::');

  /** The address at `start`, whichever form it has there; `undefined` when it is none. */
  text(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!parseFull(bytes, start, end) && !parseIPv6Into(words, 0, decode(bytes, start, Math.min(end, start + LONGEST))))
      return undefined;
    const a = words[0]!;
    const b = words[1]!;
    const c = words[2]!;
    const d = words[3]!;
    const slot = Math.imul(a ^ Math.imul(b, 5) ^ Math.imul(c, 17) ^ d, 0x9e3779b1) >>> 22;
    const at = slot * 4;
    const numbers = this.#numbers;
    if (numbers[at + 3] === d && numbers[at + 2] === c && numbers[at + 1] === b && numbers[at] === a)
      return this.#texts[slot]!;
    numbers.set(words, at);
    const text = formatIPv6(a, b, c, d);
    this.#texts[slot] = text;
    return text;
  }
}

/** The form of /proc into `words`: eight groups of four digits. */
function parseFull(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 39) return false;
  let i = start;
  for (let group = 0; group < 8; group++, i++) {
    let value = 0;
    for (const stop = i + 4; i < stop; i++) {
      const code = bytes[i]!;
      const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1;
      if (digit < 0) return false;
      value = value * 16 + digit;
    }
    if (group < 7 && bytes[i] !== 58) return false;
    words[group >> 1] = (group & 1) === 0 ? value * 65536 : words[group >> 1]! + value;
  }
  return true;
}
