/**
 * Edit distance with swaps of neighbours (optimal string alignment), up to `limit`. For words further apart it returns a number above
 * `limit`. Where the first characters of both words agree, edits there gain nothing and are not tried, so a limit of 2 leaves few ways to
 * try.
 */
function distance(one: string, other: string, limit: number): number {
  if (one === other) return 0;
  if (limit === 0) return 1;
  let same = 0;
  while (one[same] === other[same]) same++;
  const rest = (from: number, to: number): number =>
    distance(one.slice(same + from), other.slice(same + to), limit - 1);
  const swapped = one[same] === other[same + 1] && one[same + 1] === other[same];
  return 1 + Math.min(rest(1, 0), rest(0, 1), rest(1, 1), swapped ? rest(2, 2) : limit);
}

const MOST = 2;
/** Longer words are not typing mistakes, and comparing them would take time. */
const LONGEST = 32;

/** Returns the candidates most similar to a word, nearest first, at most two. */
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

/** Joins words to a list: `a, b or c`. */
export const joinList = (names: readonly string[], word = 'or'): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`;

/** Joins quoted words to a list: `'a', 'b' or 'c'`. */
export const orList = (names: readonly string[]): string => joinList(names.map(name => `'${name}'`));
