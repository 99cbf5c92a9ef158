import { formatIPv4 } from '@conntrack/flow/codec';
import { decode, standsAt } from '../core/bytes.js';

const SLOTS = 4096;

/**
 * A cache of IPv4 addresses as text, by their number: a table has few hosts in many lines, so that most addresses need no new string.
 *
 * The cache is direct-mapped and has a constant size for any input. Its strings are built, and never slices of a chunk, which would keep
 * the chunk in memory.
 */
export class IPv4Cache {
  readonly #numbers = new Uint32Array(SLOTS);
  readonly #texts: string[] = new Array<string>(SLOTS).fill('0.0.0.0');

  /** Returns the text of an address. */
  text(number: number): string {
    const slot = Math.imul(number, 0x9e3779b1) >>> 20;
    if (this.#numbers[slot] === number) return this.#texts[slot]!;
    const text = formatIPv4(number);
    this.#numbers[slot] = number;
    this.#texts[slot] = text;
    return text;
  }
}

const LONGEST = 64;

/**
 * A cache of repeated words (states, helpers, IPv6 addresses), from their bytes to their value in a `Flow`. Direct-mapped and of constant
 * size, as {@link IPv4Cache}.
 */
export class WordCache {
  readonly #words: string[] = new Array<string>(SLOTS).fill('');
  readonly #meanings: string[] = new Array<string>(SLOTS).fill('');
  readonly #mean: (word: string) => string;

  constructor(mean: (word: string) => string) {
    this.#mean = mean;
  }

  /** Returns the value of a word. */
  word(bytes: Uint8Array, start: number, end: number): string {
    const length = Math.min(end - start, LONGEST);
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash, 31) + bytes[start + i]!;
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const known = this.#words[slot]!;
    if (known.length === end - start && standsAt(bytes, start, end, known)) return this.#meanings[slot]!;
    const word = decode(bytes, start, end);
    const meaning = this.#mean(word);
    if (word.length <= LONGEST) {
      this.#words[slot] = word;
      this.#meanings[slot] = meaning;
    }
    return meaning;
  }
}
