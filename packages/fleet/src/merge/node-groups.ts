import type { Ranking, TopItem } from '@conntrack/flow/table';

/** What is known of the groups of one node. */
export interface NodeGroups {
  readonly node: string;
  readonly ranking: Ranking;
  /** The groups that the node returned, by id. A group with the value 0 is known to have no flows there. */
  readonly known: Map<string, TopItem>;
  /** The largest sum that a group can have that is not in `known`. */
  readonly floor: number;
}

/** Identifies a group on all nodes. */
export const groupId = ({ values }: TopItem): string => JSON.stringify(values);

/** Reads the ranking of one node. The groups that it left out are not larger than the smallest one that it returned. */
export function nodeGroups(node: string, ranking: Ranking): NodeGroups {
  const known = new Map(ranking.items.map(item => [groupId(item), item]));
  const cut = ranking.approximate || ranking.groups > ranking.items.length;
  return { node, ranking, known, floor: cut ? (ranking.items.at(-1)?.value ?? 0) : 0 };
}

/** Adds what the node said about groups that it had left out. A group without an answer has no flows there. */
export function learn({ known }: NodeGroups, asked: ReadonlyMap<string, TopItem>, exact: Ranking): void {
  const found = new Map(exact.items.map(item => [groupId(item), item]));
  for (const [id, item] of asked)
    if (!known.has(id))
      known.set(id, found.get(id) ?? { ...item, value: 0, error: 0, ...(item.distinct !== undefined && NO_VALUES) });
}

const NO_VALUES = { distinct: 0, distinctError: 0 };
