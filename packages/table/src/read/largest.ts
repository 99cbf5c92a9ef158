/** Returns the `k` items with the largest sums, largest first; equal sums are in the order of their texts. Makes a text only if it decides. */
export function largest<Item extends { readonly sum: number }>(
  items: readonly Item[],
  k: number,
  text: (item: Item) => string,
): Item[] {
  if (k === 0) return [];
  const sums = Float64Array.from(items, ({ sum }) => sum).sort();
  const bar = sums[Math.max(0, sums.length - k)] ?? 0;
  return items
    .filter(({ sum }) => sum >= bar)
    .map(item => ({ item, text: text(item) }))
    .sort((one, other) => other.item.sum - one.item.sum || (one.text < other.text ? -1 : 1))
    .slice(0, k)
    .map(({ item }) => item);
}
