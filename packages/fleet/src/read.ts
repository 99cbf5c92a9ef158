import { ALL, allOf, type Filter } from '@conntrack/filter';
import { type Flow, splitNodeKey } from '@conntrack/flow';
import { type Counts, type Overview, type Page, type Ranking, TableError } from '@conntrack/flow/table';
import type { ListOptions, OverviewOptions, PageOptions, ReadOptions } from '@conntrack/table';
import { askEach, hasValue } from './ask/ask-each.js';
import { named } from './ask/named.js';
import { learn, type NodeGroups, nodeGroups } from './merge/node-groups.js';
import { FleetOrder, mergePages, rowsOf } from './merge/page.js';
import { FleetRanking } from './merge/ranking.js';
import { mergedBatches } from './merge/stream.js';
import type { Nodes, Target } from './nodes.js';

type Read = Pick<ReadOptions, 'fresh'>;

const reading = ({ fresh }: Read): Read => (fresh === undefined ? {} : { fresh });

/** The filter that a node gets: the only one, or all flows. */
export const filterOf = ({ filters: [filter = ALL] }: Target): { filter?: Filter } =>
  filter.kind === 'all' ? {} : { filter };

/** Yields the flows of all nodes in batches; with `sort`, the first flows of the merged lists as one batch. */
export async function* batches(nodes: Nodes, options: ListOptions): AsyncGenerator<readonly Flow[]> {
  const { filter = ALL, sort = [], limit = Number.POSITIVE_INFINITY, signal } = options;
  if (sort.length > 0) {
    if (options.limit === undefined)
      throw new RangeError('a sorted list requires a limit, because the table is never held in memory');
    const { items } = await page(nodes, { ...options, limit });
    if (items.length > 0) yield items;
    return;
  }
  if (limit <= 0) return;
  const targets = nodes.targets([filter]);
  let left = limit;
  let begun = false;
  const asked = { ...reading(options), ...(options.limit !== undefined && { limit }) };
  for await (const flows of mergedBatches(targets, nodes.asking(signal), (target, own) =>
    target.member.table.batches({ ...asked, ...filterOf(target), signal: own }),
  )) {
    begun = true;
    yield flows.length > left ? flows.slice(0, left) : flows;
    left -= flows.length;
    if (left <= 0) return;
  }
  if (!begun) nodes.requireAnswer();
}

/** Returns one page of the merged sorted lists. */
export async function page(nodes: Nodes, options: PageOptions): Promise<Page> {
  const { filter = ALL, sort = [], cursor, signal } = options;
  if (options.offset !== undefined && cursor !== undefined)
    throw new TableError('CURSOR_INVALID', 'a page begins at its cursor or at its offset. Give one of them');
  const limit = rowsOf(options);
  const order = new FleetOrder(sort, filter);
  const position = order.read(cursor);
  const pages = await nodes.each(nodes.targets([filter]), signal, async (target, own) => {
    const { member } = target;
    const at = position && { cursor: order.cursorFor(member.id, position, filterOf(target).filter ?? ALL) };
    const terms = order.terms.length > 0 && { sort: order.terms };
    return member.table.page({ ...filterOf(target), ...terms, ...at, ...reading(options), limit, signal: own });
  });
  const merged = mergePages(
    order,
    pages.map(({ node, value }) => ({ node, page: { ...value, items: value.items.map(flow => named(node, flow)) } })),
    options,
  );
  return merged;
}

/** Returns the number of flows that match, on all nodes. */
export async function count(nodes: Nodes, { filter = ALL, signal, ...options }: ReadOptions): Promise<number> {
  const counts = await nodes.each(nodes.targets([filter]), signal, (target, own) =>
    target.member.table.count({ ...filterOf(target), ...options, signal: own }),
  );
  return counts.reduce((sum, { value }) => sum + value, 0);
}

/** Returns the number of flows that match each of several filters, on all nodes. */
export async function counts<Name extends string>(
  nodes: Nodes,
  filters: Readonly<Record<Name, Filter>>,
  { signal, ...options }: Omit<ReadOptions, 'filter'>,
): Promise<Counts<Name>> {
  const names = Object.keys(filters) as Name[];
  const targets = nodes.targets(names.map(name => filters[name]));
  const found = await nodes.each(targets, signal, ({ member, filters: own, places }, at) => {
    const asked = Object.fromEntries(own.map((filter, i) => [names[places[i]!]!, filter]));
    return member.table.counts<string>(asked, { ...options, signal: at });
  });
  const sum = (read: (counts: Counts<string>) => number): number =>
    found.reduce((total, { value }) => total + read(value), 0);
  return {
    counts: Object.fromEntries(names.map(name => [name, sum(each => each.counts[name] ?? 0)])) as Record<Name, number>,
    matched: sum(({ matched }) => matched),
    scanned: sum(({ scanned }) => scanned),
  };
}

/** Returns the first flows, rankings and counts of all nodes. */
export async function overview(nodes: Nodes, options: OverviewOptions): Promise<Overview> {
  const { filter = ALL, sort = [], signal } = options;
  const limit = rowsOf(options);
  const order = new FleetOrder(sort, filter);
  const rankings = (options.groups ?? []).map(asked => new FleetRanking(asked, filter));
  const counters = Object.entries(options.counts ?? {});
  const targets = nodes.targets([filter]);
  const found = await nodes.each(targets, signal, (target, own) => {
    // A count for which the node has no flows is not asked.
    const counts = counters.flatMap(([name, each]) => {
      const rest = nodes.filterFor(target.member.id, each);
      return rest === undefined ? [] : [[name, rest] as const];
    });
    return target.member.table.overview({
      ...filterOf(target),
      ...(order.terms.length > 0 && { sort: order.terms }),
      ...(rankings.length > 0 && { groups: rankings.map(({ options: asked }) => asked) }),
      ...(counts.length > 0 && { counts: Object.fromEntries(counts) }),
      ...reading(options),
      limit,
      signal: own,
    });
  });
  const pages = found.map(({ node, value }) => ({
    node,
    page: { ...value, next: null, items: value.items.map(flow => named(node, flow)) },
  }));
  const { next: _, ...rows } = mergePages(order, pages, options);
  const groups: Ranking[] = [];
  for (const [i, ranking] of rankings.entries()) {
    const parts = found.map(({ node, value }) => nodeGroups(node, value.groups[i]!));
    await refine(nodes, ranking, targets, parts, signal);
    groups.push(ranking.merge(parts));
  }
  const countOf = (name: string): number => found.reduce((sum, { value }) => sum + (value.counts[name] ?? 0), 0);
  return { ...rows, groups, counts: Object.fromEntries(counters.map(([name]) => [name, countOf(name)])) };
}

/** Asks the nodes that left out groups which may be among the largest for exactly these. */
async function refine(
  nodes: Nodes,
  ranking: FleetRanking,
  targets: readonly Target[],
  parts: readonly NodeGroups[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const open = ranking.candidates(parts);
  const cut = new Map(
    parts
      .filter(({ floor, known }) => floor > 0 && [...open.keys()].some(id => !known.has(id)))
      .map(part => [part.node, part]),
  );
  if (cut.size === 0) return;
  const filter = ranking.filterOf(open);
  const asked = targets.filter(({ member }) => cut.has(member.id));
  // Without this answer the sums keep their larger errors, and the report names the node.
  const exact = await askEach(
    asked.map(({ member }) => member),
    nodes.asking(signal),
    (member, own) =>
      member.table.overview({
        filter: allOf([filterOf(asked.find(target => target.member === member)!).filter ?? ALL, filter]),
        groups: [{ ...ranking.options, k: open.size }],
        limit: 0,
        signal: own,
      }),
  );
  for (const { member, value } of exact.filter(hasValue)) learn(cut.get(member.id)!, open, value.groups[0]!);
}

/** Separates a key of the fleet. @throws TableError INVALID_CHANGE for a key that names no node */
export function nodeOfKey(key: string): { node: string; key: string } {
  const { node, key: own } = splitNodeKey(key);
  if (node !== undefined) return { node, key: own };
  throw new TableError(
    'INVALID_CHANGE',
    "the key names no node of the fleet. Keys of a fleet begin with the node: 'gw-7.ct1.…'; list the flows again",
  );
}
