import type { FlowCursor } from '@conntrack/flow';
import type { SortTerm } from '../table-options.js';
import { type SortValue, sortFields } from './sort-fields.js';

/** Bits of a digit of the radix sort: its counters then stay in the processor's cache. */
const DIGIT = 11;
const DIGITS = 2 ** DIGIT;
/** Rows that are moved between two pauses: about a millisecond of work. */
const SLICE = 65_536;
/** Words of a key: an address has four, a number two. */
const KEY_WORDS = 4;

/** A list of words of 32 bits that grows. */
class Words {
  #words = new Uint32Array(1024);
  length = 0;

  push(word: number): void {
    if (this.length === this.#words.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[this.length++] = word;
  }

  all(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }
}

/** Converts numbers to two words with the same order. */
const view = new DataView(new ArrayBuffer(8));
function orderedWords(value: number): [high: number, low: number] {
  // −0 and 0 are equal, but their bits are not.
  view.setFloat64(0, value + 0);
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  return high >>> 31 === 0 ? [high ^ 0x80000000, low] : [~high, ~low];
}

/** The keys of rows in an order: the values of its terms, and the id for rows that are equal in all of them. */
export class RowKeys {
  readonly #readers: readonly ((cursor: FlowCursor) => Exclude<SortValue, string>)[];
  /** One column for each word of a key; the first word of the first term first, the id last. */
  readonly #columns: readonly Words[];
  /** Bits that are inverted in the words of each term, for descending order. */
  readonly #signs: readonly number[];

  /** @param terms without a field of {@link TEXT_SORTS} */
  constructor(terms: readonly SortTerm[]) {
    this.#readers = terms.map(({ field }) => sortFields()[field] as (cursor: FlowCursor) => Exclude<SortValue, string>);
    this.#signs = terms.map(({ descending }) => (descending ? -1 : 0));
    this.#columns = Array.from({ length: terms.length * KEY_WORDS + 1 }, () => new Words());
  }

  /** Number of rows. */
  get length(): number {
    return this.#columns.at(-1)!.length;
  }

  /** Adds the key of the row that a cursor stands on. */
  add(cursor: FlowCursor): void {
    const columns = this.#columns;
    let at = 0;
    for (let i = 0; i < this.#readers.length; i++) {
      const value = this.#readers[i]!(cursor);
      const sign = this.#signs[i]!;
      const words = typeof value === 'number' ? orderedWords(value) : value;
      for (let word = 0; word < KEY_WORDS; word++) columns[at++]!.push((words[word] ?? 0) ^ sign);
    }
    columns[at]!.push(cursor.id());
  }

  /** The ids of the rows. */
  ids(): Uint32Array {
    return this.#columns.at(-1)!.all();
  }

  /** Returns the numbers of the rows in order. Calls `pause` after each few milliseconds of work. */
  async order(pause: () => Promise<void>): Promise<Uint32Array> {
    const { length } = this;
    let order = Uint32Array.from({ length }, (_, i) => i);
    let other: Uint32Array<ArrayBuffer> = new Uint32Array(length);
    for (const column of this.#columns.toReversed()) {
      const words = column.all();
      for (let shift = 0; shift < 32; shift += DIGIT) {
        await pause();
        const starts = startsOf(words, shift);
        // Most digits are the same in all rows, as those of IPv4 addresses before their last word.
        if (starts === undefined) continue;
        for (let from = 0; from < length; from += SLICE) {
          await pause();
          for (let i = from, end = Math.min(length, from + SLICE); i < end; i++) {
            const row = order[i]!;
            const digit = (words[row]! >>> shift) & (DIGITS - 1);
            other[starts[digit]!++] = row;
          }
        }
        [order, other] = [other, order];
      }
    }
    return order;
  }
}

/** Returns where the rows of each digit start; `undefined` if all rows have the same digit. */
function startsOf(words: Uint32Array, shift: number): Uint32Array | undefined {
  const starts = new Uint32Array(DIGITS);
  for (let i = 0; i < words.length; i++) {
    const digit = (words[i]! >>> shift) & (DIGITS - 1);
    starts[digit] = starts[digit]! + 1;
  }
  let sum = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = starts[digit]!;
    if (count === words.length) return undefined;
    starts[digit] = sum;
    sum += count;
  }
  return starts;
}
