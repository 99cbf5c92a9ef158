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

function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = end - start;
  for (let i = start; i < end; i++) value = Math.imul(value, 31) + bytes[i]!;
  return (value ^ (value >>> 10)) & (WORDS - 1);
}

function equals(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = start; i < end; i++) if (text.charCodeAt(i - start) !== bytes[i]) return false;
  return true;
}

/** Words that come again and again (states, helpers, labels, IPv6 addresses), by their bytes. Direct-mapped and of constant size, as above. */
export class WordCache {
  readonly #written: string[] = new Array<string>(WORDS).fill('');
  readonly #meant: (string | undefined)[] = new Array<string | undefined>(WORDS).fill('');

  /** The word at `start`, as it is written. */
  word(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > LONGEST) return decode(bytes, start, end);
    const slot = hash(bytes, start, end);
    const written = this.#written[slot]!;
    if (equals(written, bytes, start, end)) return written;
    const text = decode(bytes, start, end);
    this.#written[slot] = text;
    return text;
  }

  /** The IPv6 address at `start`, as inet_ntop(3) writes it, whichever form it has there (/proc prints all eight groups); `undefined` when it is none. Not to be mixed with `word` in one cache. */
  ipv6(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (end - start > LONGEST) return undefined;
    const slot = hash(bytes, start, end);
    if (equals(this.#written[slot]!, bytes, start, end)) return this.#meant[slot];
    const text = decode(bytes, start, end);
    const meant = parseIPv6Into(words, 0, text) ? formatIPv6(words[0]!, words[1]!, words[2]!, words[3]!) : undefined;
    this.#written[slot] = text;
    this.#meant[slot] = meant;
    return meant;
  }
}
