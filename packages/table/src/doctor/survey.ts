import { ALL, allOf, type Filter, parseQuery } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { printQuery } from '@conntrack/filter/print';
import type { FlowCursor } from '@conntrack/flow';
import type { FindingGroup } from '@conntrack/flow/table';
import { DistinctCounts } from '../read/distinct.js';
import { groupText, parseGroupBy } from '../read/group-by.js';
import type { GroupKey } from '../read/groups.js';
import { type Heavy, HeavyHitters } from '../read/heavy-hitters.js';
import { largest } from '../read/largest.js';
import { matchingRows } from '../read/matching-rows.js';
import type { TableSource } from '../source/source.js';

/** A group of entries, with the number of ports that it uses. */
export interface PortGroup extends FindingGroup {
  ports: number;
}

/** What one look at every entry shows. The memory is bounded, whatever the size of the table. */
export interface Survey {
  /** Number of entries that were read, and of those with some properties. */
  rows: number;
  labelled: number;
  zoned: number;
  unreplied: number;
  offloaded: number;
  /** Entries with a helper. */
  helped: number;
  /** The sources with the most entries. */
  sources: FindingGroup[];
  /** The destinations (protocol, address, port) with the most unreplied entries. */
  unanswered: FindingGroup[];
  /** Entries to the port of a protocol that needs a helper, without one, by protocol and port. */
  unhelped: FindingGroup[];
  /** The translated source addresses (of a protocol) with the most distinct ports. */
  translated: PortGroup[];
  /** The translated source address and the destination with the most entries: each of them needs a port of its own. */
  busiest: FindingGroup | undefined;
}

/** Number of groups that are counted exactly in each tally, and that are reported. */
const CAPACITY = 16_384;
const REPORTED = 5;

const filterOf = (query: string): Filter => parseQuery(query).filter;

/** Counts the entries of a filter by group. */
class Tally {
  readonly #by;
  readonly #matches;
  readonly #sums = new HeavyHitters<GroupKey>(CAPACITY);

  constructor(
    by: string,
    readonly filter: Filter,
  ) {
    this.#by = parseGroupBy(by);
    this.#matches = filter.kind === 'all' ? () => true : compileFilter(filter);
  }

  /** Returns the key of the group that the entry was counted in. */
  add(cursor: FlowCursor): GroupKey | undefined {
    if (!this.#matches(cursor)) return undefined;
    const key = this.#by.key(cursor);
    this.#sums.add(key, 1);
    return key;
  }

  /** Returns the largest sums, largest first. */
  largest(k: number): Readonly<Heavy<GroupKey>>[] {
    return largest([...this.#sums.items()], k, ({ key }) => groupText(this.#by, this.#by.values(key)));
  }

  /** Returns how a group is reported: a sum that may be too large without its possible error. */
  group({ key, sum, error }: Readonly<Heavy<GroupKey>>): FindingGroup {
    return {
      values: this.#by.values(key),
      filter: printQuery(allOf([this.#by.filter(key), this.filter])),
      entries: sum - error,
    };
  }

  /** Returns the largest groups, as they are reported. */
  groups(k = REPORTED): FindingGroup[] {
    return this.largest(k).map(each => this.group(each));
  }
}

/**
 * Connections to the ports of FTP, SIP, TFTP, PPTP, IRC and H.323 that have no helper: connections that they announce are not related to them.
 */
const UNHELPED = `filter=${encodeURIComponent('not helper exists and not unreplied and ((proto == tcp and dport in {21, 1723, 5060, 6667, 1720}) or (proto == udp and dport in {69, 5060}))')}`;
const SOURCE_NAT = 'src-nat&proto=tcp,udp';

/** Looks at every entry of a source, once. */
export async function surveyOf(source: TableSource, signal: AbortSignal | undefined): Promise<Survey> {
  const sources = new Tally('src', ALL);
  const unanswered = new Tally('proto,dst,dport', filterOf('unreplied'));
  const unhelped = new Tally('proto,dport', filterOf(UNHELPED));
  const translated = new Tally('proto,reply.dst', filterOf(SOURCE_NAT));
  const targets = new Tally('proto,reply.dst,reply.src,reply.sport', filterOf(SOURCE_NAT));
  const ports = new DistinctCounts(131_072);
  const offloaded = compileFilter(filterOf('offload'));
  const found = { rows: 0, labelled: 0, zoned: 0, unreplied: 0, offloaded: 0, helped: 0 };
  for await (const rows of matchingRows(source, signal ? { signal } : {})) {
    const { cursor } = rows;
    while (rows.next()) {
      found.rows++;
      if (cursor.labelCount() > 0) found.labelled++;
      if (cursor.zone() !== 0 || cursor.directionZone(0) !== 0 || cursor.directionZone(1) !== 0) found.zoned++;
      if (cursor.helper()) found.helped++;
      if (offloaded(cursor)) found.offloaded++;
      sources.add(cursor);
      if (unanswered.add(cursor) !== undefined) found.unreplied++;
      unhelped.add(cursor);
      const address = translated.add(cursor);
      if (address === undefined) continue;
      ports.add(address, cursor.port(3));
      targets.add(cursor);
    }
  }
  const [busiest] = targets.groups(1);
  return {
    ...found,
    sources: sources.groups(),
    unanswered: unanswered.groups(),
    unhelped: unhelped.groups(),
    translated: translated
      .largest(CAPACITY)
      .map(each => ({ each, ports: ports.of(each.key).count }))
      .sort((one, other) => other.ports - one.ports)
      .slice(0, REPORTED)
      .map(({ each, ports }) => ({ ...translated.group(each), ports })),
    busiest,
  };
}
