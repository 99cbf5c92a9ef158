import { allOf, anyOf, type Filter, findField, parseQuery } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import type { Metric, Ranking, TopItem } from '@conntrack/flow/table';
import { groupText, parseGroupBy, type TopOptions } from '@conntrack/table';
import { testsNode } from '../ask/node-filter.js';
import { type Bounds, boundsOf, estimateOf, unionOf } from './distinct.js';
import { groupId, type NodeGroups } from './node-groups.js';

/** Which groups are ranked, as an operation is asked. */
export type Asked = Omit<TopOptions, 'filter' | 'fresh' | 'signal'>;

const K = 20;
/** Nodes return more groups than are shown: a group that is small on each node can be large in their sum. */
const SPARE = 2;
const LEAST = 100;

const namesOf = (names: string | readonly string[]): readonly string[] =>
  typeof names === 'string' ? names.split(',') : names;
const isNode = (name: string): boolean => findField(name)?.name === 'node';
const bySize = (one: TopItem, other: TopItem): number =>
  other.value - one.value || (one.group < other.group ? -1 : one.group > other.group ? 1 : 0);

/** A group over all nodes. `value` is never too small, and too large by at most `error`. */
interface Sum {
  readonly item: TopItem;
  value: number;
  error: number;
  /** Sum of the floors of the nodes whose groups contain it. */
  floors: number;
  readonly distinct: Bounds[];
}

/** A ranking of groups over several nodes. */
export class FleetRanking {
  /** What each node is asked. */
  readonly options: Asked;
  readonly #by: ReturnType<typeof parseGroupBy>;
  readonly #metric: Metric;
  readonly #k: number;
  readonly #distinct: string | undefined;
  /** Whether the distinct values contain the node, so that no two nodes have the same ones. */
  readonly #disjoint: boolean;
  /** Whether no two nodes have a group in common. */
  readonly #perNode: boolean;
  /** Whether each node is one group. */
  readonly #onlyNode: boolean;
  readonly #filter: Filter;

  /** @throws TableError SORT_INVALID */
  constructor({ by, distinct, k = K, metric }: Asked, filter: Filter) {
    this.#by = parseGroupBy(by);
    this.#distinct = distinct === undefined ? undefined : parseGroupBy(distinct).text;
    const groups = namesOf(by).filter(name => !isNode(name));
    const values = distinct === undefined ? [] : namesOf(distinct);
    const counted = values.filter(name => !isNode(name));
    this.#perNode = groups.length < namesOf(by).length;
    this.#onlyNode = groups.length === 0;
    this.#disjoint = counted.length < values.length;
    this.#filter = filter;
    this.#metric = metric ?? (distinct === undefined ? 'flows' : 'distinct');
    this.#k = k;
    this.options = {
      by: this.#onlyNode ? 'family' : groups,
      ...(counted.length > 0 && { distinct: counted }),
      metric: this.#metric === 'distinct' && distinct !== undefined && counted.length === 0 ? 'flows' : this.#metric,
      k: this.#onlyNode ? 2 : this.#perNode ? k : Math.max(k * SPARE, LEAST),
    };
  }

  /** Merges what is known of the nodes' groups. */
  merge(nodes: readonly NodeGroups[]): Ranking {
    const { sums, unseen } = this.#sums(nodes);
    const items = [...sums.values()].map(sum => this.#item(sum, unseen)).sort(bySize);
    const groups = nodes.map(({ ranking }) => (this.#onlyNode ? Math.min(1, ranking.groups) : ranking.groups));
    return {
      by: this.#by.text,
      ...(this.#distinct !== undefined && {
        distinct: this.#distinct,
        distinctApproximate: items.some(({ distinctError = 0 }) => distinctError > 0),
      }),
      metric: this.#metric,
      items: items.slice(0, this.#k),
      approximate: nodes.some(({ ranking, floor }) => ranking.approximate || (floor > 0 && !this.#perNode)),
      groups: this.#perNode ? groups.reduce((sum, each) => sum + each, 0) : Math.max(sums.size, ...groups),
      total: nodes.reduce((sum, { ranking }) => sum + ranking.total, 0),
    };
  }

  /**
   * Returns the groups that may be among the largest and that some node left out, by id. Empty if the first answers decide.
   */
  candidates(nodes: readonly NodeGroups[]): ReadonlyMap<string, TopItem> {
    if (this.#perNode || nodes.every(({ floor }) => floor === 0)) return new Map();
    const { sums, unseen } = this.#sums(nodes);
    const upper = ({ value, floors }: Sum): number => value + unseen - floors;
    const known = [...sums].sort(([, one], [, other]) => upper(other) - upper(one));
    const lower = known.map(([, { value, error }]) => value - error).sort((one, other) => other - one);
    const bar = lower[this.#k - 1] ?? 0;
    const open = known.filter(([, sum]) => upper(sum) >= bar).slice(0, this.options.k);
    return new Map(open.map(([id, { item }]) => [id, item]));
  }

  /** The filter that selects the flows of these groups, and of no other. */
  filterOf(groups: ReadonlyMap<string, TopItem>): Filter {
    return anyOf([...groups.values()].map(({ filter }) => parseQuery(filter).filter));
  }

  #sums(nodes: readonly NodeGroups[]): { sums: Map<string, Sum>; unseen: number } {
    const sums = new Map<string, Sum>();
    for (const { node, ranking, known, floor } of nodes)
      for (const item of this.#onlyNode ? this.#nodeItem(node, ranking) : known.values()) {
        const own = this.#perNode && !this.#onlyNode ? { ...item, values: { ...item.values, node } } : item;
        const id = groupId(own);
        const sum = sums.get(id) ?? { item: own, value: 0, error: 0, floors: 0, distinct: [] };
        sums.set(id, sum);
        sum.value += item.value;
        sum.error += item.error;
        sum.floors += floor;
        if (this.#distinct !== undefined) sum.distinct.push(boundsOf({ distinct: item.value > 0 ? 1 : 0, ...item }));
      }
    // A group that several nodes can have is not larger, on a node that did not return it, than what this node left out.
    const unseen = this.#perNode ? 0 : nodes.reduce((sum, { floor }) => sum + floor, 0);
    return { sums, unseen };
  }

  /** The one group of a node: its sum is the total of the node. */
  #nodeItem(node: string, { items, total }: Ranking): TopItem[] {
    if (items.length === 0) return [];
    const counted = this.#distinct === undefined || this.#disjoint ? undefined : unionOf(items.map(boundsOf), false);
    return [{ group: node, values: { node }, filter: '', value: total, error: 0, ...(counted && estimateOf(counted)) }];
  }

  #item({ item, value, error, floors, distinct }: Sum, unseen: number): TopItem {
    const open = this.#perNode ? 0 : unseen - floors;
    const parts = open > 0 ? [...distinct, { lower: 0, upper: open }] : distinct;
    const counts = this.#distinct === undefined ? undefined : estimateOf(unionOf(parts, this.#disjoint));
    const ranked = this.#metric === 'distinct' ? counts : undefined;
    return {
      group: groupText(this.#by, item.values),
      values: item.values,
      filter: this.#groupFilter(item),
      value: ranked?.distinct ?? value + open,
      error: ranked?.distinctError ?? error + open,
      ...counts,
    };
  }

  /** The filter of a group contains that of the request, whose tests of the node the nodes did not get. */
  #groupFilter({ filter, values: { node } }: TopItem): string {
    const group = filter === '' ? this.#filter : parseQuery(filter).filter;
    const asked = testsNode(this.#filter) && filter !== '' ? [this.#filter] : [];
    return printQuery(allOf([...asked, ...(node === undefined ? [] : [nodeFilter(String(node))]), group]));
  }
}

const nodeFilter = (node: string): Filter => ({
  kind: 'test',
  field: 'node',
  op: 'eq',
  values: [{ type: 'text', text: node }],
});
