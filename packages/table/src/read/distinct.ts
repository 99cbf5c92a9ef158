import { encodeKey } from './group-by.js';
import type { GroupKey } from './groups.js';

/** A number of distinct values, and how far it is probably off. */
export interface DistinctCount {
  readonly count: number;
  /** The real number differs by no more than this with a probability of 95 %. 0 if the count is exact. */
  readonly error: number;
}

const HASH_BITS = 32;

/** FNV-1a over UTF-16 units, with a final mix, because the lowest bits decide. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Counts the distinct values of each group, in memory for `capacity` pairs of group and value.
 *
 * Counts are exact until there are more pairs. From then on only a sample of the pairs is kept: those whose hash ends in a number of zero
 * bits, which grows as needed. Each group is then estimated from its part of the sample (Gibbons: Distinct Sampling for Highly-Accurate
 * Answers to Distinct Values Queries, 2001).
 */
export class DistinctCounts {
  /** The pairs, each with its group. */
  readonly #pairs = new Map<string, GroupKey>();
  readonly #counts = new Map<GroupKey, number>();
  #bits = 0;

  constructor(readonly capacity: number) {}

  /** Whether only a sample was kept, so that counts are estimates. */
  get approximate(): boolean {
    return this.#bits > 0;
  }

  /** Number of groups that have values; a minimum if the counts are estimates. */
  get size(): number {
    return this.#counts.size;
  }

  /** Estimated number of pairs. */
  get total(): number {
    return this.#pairs.size * 2 ** this.#bits;
  }

  add(group: GroupKey, value: GroupKey): void {
    const pair = encodeKey(group) + encodeKey(value);
    if (this.#pairs.has(pair) || !this.#sampled(pair)) return;
    this.#pairs.set(pair, group);
    this.#counts.set(group, (this.#counts.get(group) ?? 0) + 1);
    while (this.#pairs.size > this.capacity && this.#bits < HASH_BITS) this.#thinOut();
  }

  of(group: GroupKey): DistinctCount {
    return this.#estimate(this.#counts.get(group) ?? 0);
  }

  /** Yields the groups that have values. */
  *groups(): Generator<{ key: GroupKey } & DistinctCount> {
    for (const [key, kept] of this.#counts) yield { key, ...this.#estimate(kept) };
  }

  #estimate(kept: number): DistinctCount {
    const factor = 2 ** this.#bits;
    // Two standard deviations of a binomial distribution. One more value avoids an error of 0 if none was kept.
    const error = this.#bits === 0 ? 0 : Math.ceil(2 * factor * Math.sqrt((kept + 1) * (1 - 1 / factor)));
    return { count: kept * factor, error };
  }

  #sampled(pair: string): boolean {
    return this.#bits === 0 || hashOf(pair) % 2 ** this.#bits === 0;
  }

  #thinOut(): void {
    this.#bits++;
    for (const [pair, group] of this.#pairs) {
      if (this.#sampled(pair)) continue;
      this.#pairs.delete(pair);
      const left = this.#counts.get(group)! - 1;
      if (left === 0) this.#counts.delete(group);
      else this.#counts.set(group, left);
    }
  }
}
