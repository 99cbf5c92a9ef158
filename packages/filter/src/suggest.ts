/** Edit distance with swaps of neighbours (optimal string alignment); of words whose lengths differ by more than `limit`, more than that. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[other.length]!;
}

const MOST = 2;
/** Longer words are no slips of the finger, and would cost time. */
const LONGEST = 32;

/** The candidates that a word was most likely meant to be, nearest first, at most two. */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  if (word.length > LONGEST) return [];
  const lower = word.toLowerCase();
  const limit = lower.length < 4 ? 1 : 2;
  const found: [number, string][] = [];
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const far = lower.length > 1 && other.startsWith(lower) ? 0.5 : distance(lower, other, limit);
    if (far <= limit) found.push([far, candidate]);
  }
  return found
    .sort((a, b) => a[0] - b[0])
    .slice(0, MOST)
    .map(([, name]) => name);
}

/** `a, b or c`. */
export const joinList = (names: readonly string[], word = 'or'): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;

/** `'a', 'b' or 'c'`. */
export const orList = (names: readonly string[]): string => joinList(names.map(name => `'${name}'`));

/** `; did you mean 'x' or 'y'?`, or nothing. */
export const didYouMean = (suggestions: readonly string[]): string =>
  suggestions.length === 0 ? '' : `; did you mean ${orList(suggestions)}?`;
