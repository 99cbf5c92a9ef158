import { formatIPv4 } from '@conntrack/flow/codec';
import { decode, standsAt } from '../core/bytes.js';

const SLOTS = 4096;

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

const LONGEST = 64;

/**
 * Words that come again and again (states, helpers, IPv6 addresses), by their bytes, and what they are in a `Flow`. Direct-mapped and of constant
 * size, as above.
 */
export class WordCache {
  readonly #words: string[] = new Array<string>(SLOTS).fill('');
  readonly #meanings: string[] = new Array<string>(SLOTS).fill('');
  readonly #mean: (word: string) => string;

  constructor(mean: (word: string) => string) {
    this.#mean = mean;
  }

  /** What the word is. */
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
