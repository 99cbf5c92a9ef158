import { ALL, allOf, type Filter } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { type Metric, TableError, type Top, type TopItem } from '@conntrack/flow/table';
import { parseGroupBy, type TopOptions } from '@conntrack/table';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Answering } from './answering.js';
import { Parameters } from './parameters.js';
import { ChunkCursor, selectList } from './row-cursor.js';
import { Condition, neededColumns } from './where.js';

/** Maximum number of groups, and of distinct values in all groups, that are held in memory. */
const CAPACITY = 2_000_000;

interface Group {
  sum: number;
  distinct: Set<unknown> | undefined;
}

type GroupBy = ReturnType<typeof parseGroupBy>;
type Key = ReturnType<GroupBy['key']>;

/** A rate is known only while a flow exists. */
type PastMetric = Exclude<Metric, 'rate'>;

const WEIGHTS: Readonly<Record<PastMetric, string>> = {
  flows: 'count(*)',
  bytes: 'sum(coalesce(bytes, 0))',
  packets: 'sum(coalesce(packets, 0))',
  // Each value of each group is one row.
  distinct: '0',
};

function metricOf({ metric, distinct }: TopOptions): PastMetric {
  const wanted = metric ?? (distinct === undefined ? 'flows' : 'distinct');
  if (!Object.hasOwn(WEIGHTS, wanted))
    throw new TableError('SORT_INVALID', `unknown metric '${wanted}'. Metrics: ${Object.keys(WEIGHTS).join(', ')}`);
  if (wanted === 'distinct' && distinct === undefined)
    throw new TableError('SORT_INVALID', "the metric 'distinct' requires the fields to count: distinct=dport");
  return wanted as PastMetric;
}

/** The columns that a cursor reads for fields of the language. */
function columnsFor(fields: readonly string[]): string[] {
  const names = fields.flatMap(neededColumns);
  // A state means something only with its protocol, and the zone of an entry may be that of one direction.
  if (fields.includes('state')) names.push('proto');
  if (fields.includes('zone')) names.push('both_zone');
  // What an address or its translation means depends on the family.
  return [...new Set([...names, 'family'])].filter(name => name !== 'zone');
}

/**
 * Ranks groups of flows. DuckDB adds up the flows that have the same values, and what remains is grouped as in every table: by prefix, by name,
 * without case.
 */
export async function topOf(answering: Answering, options: TopOptions, limit: Filter): Promise<Top> {
  const { filter = ALL, k = 20, signal } = options;
  const by = parseGroupBy(options.by);
  const distinct = options.distinct === undefined ? undefined : parseGroupBy(options.distinct);
  const metric = metricOf(options);
  const fields = [...by.fields, ...(distinct?.fields ?? [])];
  const columns = columnsFor(fields);
  const asked = allOf([limit, filter]);
  const groups = new Map<Key, Group>();
  let total = 0;
  let matched = 0;
  let held = 0;
  const list = selectList(new Set(columns));
  const needs = [...fields, ...(metric === 'bytes' || metric === 'packets' ? [metric] : [])];
  const add = (chunk: DuckDBDataChunk): void => {
    const cursor = new ChunkCursor(chunk);
    const weights = chunk.getColumnVector(chunk.columnCount - 2);
    const rows = chunk.getColumnVector(chunk.columnCount - 1);
    for (let row = 0; cursor.next(); row++) {
      const key = by.key(cursor);
      let group = groups.get(key);
      if (group === undefined) {
        group = { sum: 0, distinct: distinct && new Set() };
        groups.set(key, group);
        held++;
      }
      const weight = weights.getItem(row) as number;
      group.sum += weight;
      total += weight;
      matched += rows.getItem(row) as number;
      if (distinct === undefined) continue;
      const value = distinct.key(cursor);
      if (value === -1 || group.distinct!.has(value)) continue;
      group.distinct!.add(value);
      held++;
    }
    if (held > CAPACITY)
      throw new TableError(
        'NO_ROOM',
        `more than ${CAPACITY} groups: group by fewer fields or by prefixes, or narrow the filter`,
      );
  };
  const question = { filter: asked, fields: needs, ...(signal && { signal }) };
  await answering.ask(question, async ({ connection }) => {
    // A damaged file makes the question begin again.
    groups.clear();
    total = 0;
    matched = 0;
    held = 0;
    const parameters = new Parameters(answering.database);
    const where = new Condition(parameters).of(asked);
    const sql = `SELECT ${list}, weight, rows FROM (
      SELECT ${columns.join(', ')}, ${WEIGHTS[metric]}::DOUBLE AS weight, count(*)::DOUBLE AS rows
      FROM asked WHERE ${where} GROUP BY ${columns.join(', ')})`;
    const result = await connection.stream(sql, parameters.values, parameters.types);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      add(chunk);
  });
  if (metric === 'distinct')
    for (const group of groups.values()) {
      group.sum = group.distinct!.size;
      total += group.sum;
    }
  return {
    by: by.text,
    metric,
    ...(distinct && { distinct: distinct.text, distinctApproximate: false }),
    items: largest(groups, by, k).map(([key, group]) => itemOf(by, filter, key, group)),
    approximate: false,
    groups: groups.size,
    total,
    matched,
    scanned: matched,
  };
}

const textOf = (by: GroupBy, key: Key): string => {
  const values = by.values(key);
  return by.fields
    .map(field => {
      const value = values[field] ?? '-';
      return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    })
    .join(' ');
};

/** The groups with the largest sums; those with equal sums in the order of their text. */
function largest(groups: ReadonlyMap<Key, Group>, by: GroupBy, k: number): [Key, Group][] {
  const sums = [...groups.values()].map(({ sum }) => sum).sort((a, b) => b - a);
  const least = sums[Math.min(k, sums.length) - 1] ?? 0;
  return [...groups]
    .filter(([, { sum }]) => sum >= least)
    .map(entry => ({ entry, text: textOf(by, entry[0]) }))
    .sort((a, b) => b.entry[1].sum - a.entry[1].sum || (a.text < b.text ? -1 : 1))
    .slice(0, k)
    .map(({ entry }) => entry);
}

function itemOf(by: GroupBy, filter: Filter, key: Key, { sum, distinct }: Group): TopItem {
  return {
    group: textOf(by, key),
    values: by.values(key),
    filter: printQuery(allOf([filter, by.filter(key)])),
    value: sum,
    error: 0,
    ...(distinct && { distinct: distinct.size, distinctError: 0 }),
  };
}
