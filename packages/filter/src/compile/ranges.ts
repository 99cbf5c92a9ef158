/** A range that includes both ends. */
export type RangeOf<T> = [from: T, to: T];

/** Sorts ranges and merges those that overlap. */
export function mergeRanges<T>(ranges: RangeOf<T>[], compare: (one: T, other: T) => number): RangeOf<T>[] {
  const merged: RangeOf<T>[] = [];
  for (const [from, to] of ranges.sort((a, b) => compare(a[0], b[0]))) {
    const last = merged.at(-1);
    if (last === undefined || compare(from, last[1]) > 0) merged.push([from, to]);
    else if (compare(to, last[1]) > 0) last[1] = to;
  }
  return merged;
}
