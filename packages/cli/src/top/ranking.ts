import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { Metric, Table, Top } from '@conntrack/table';
import { groupCells, plainTable } from '../output/group-table.js';
import type { Output } from '../output/output.js';
import { UsageError } from '../process/usage-error.js';
import { count, short } from './view/units.js';

/** What a ranking shows. */
export interface RankingOptions {
  readonly filter: Filter;
  readonly by: string;
  readonly metric: string | undefined;
  readonly distinct: string | undefined;
  readonly k: number;
  readonly format: string;
}

const FORMATS = ['text', 'json', 'ndjson'];
const METRICS: readonly string[] = ['flows', 'bytes', 'packets', 'rate', 'distinct'] satisfies Metric[];

/** Checks the options of a ranking before the table is read. @throws UsageError */
export function checkRanking({ format, metric }: Pick<RankingOptions, 'format' | 'metric'>): void {
  if (!FORMATS.includes(format))
    throw new UsageError(`unknown output format '${format}' for top. Formats: ${FORMATS.join(', ')}`);
  if (metric !== undefined && !METRICS.includes(metric))
    throw new UsageError(`unknown metric '${metric}'. Metrics: ${METRICS.join(', ')}`);
}

/** Writes one ranking. */
export async function ranking(
  table: Table,
  options: RankingOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { filter, by, metric, distinct, k, format } = options;
  const top = await table.top({
    by,
    filter,
    k,
    signal,
    ...(metric !== undefined && { metric: metric as Metric }),
    ...(distinct !== undefined && { distinct }),
  });
  if (format === 'json') await output.write(`${printableJson(top)}\n`);
  else if (format === 'ndjson') await output.write(top.items.map(item => `${printableJson(item)}\n`).join(''));
  else await output.write(rankingText(top));
}

/** A ranking as aligned text. */
export function rankingText({ by, distinct, metric, items, total, groups, matched, approximate }: Top): string {
  // Distinct values that groups are not ranked by have a column of their own.
  const counted = metric === 'distinct' ? undefined : distinct;
  const columns = [
    ...by.split(',').map(name => ({ name, right: false })),
    ...[metric === 'distinct' ? `distinct ${distinct}` : metric, 'share'].map(name => ({ name, right: true })),
    ...(counted === undefined ? [] : [{ name: `distinct ${counted}`, right: true }]),
  ];
  const rows = items.map(item => [
    ...groupCells(item, by),
    `${item.error > 0 ? '<=' : ''}${count(item.value)}`,
    total > 0 ? `${((100 * item.value) / total).toFixed(1)}%` : '-',
    ...(counted === undefined ? [] : [count(item.distinct ?? -1)]),
  ]);
  const shown =
    items.length < groups || approximate
      ? `${items.length} of ${approximate ? 'more than ' : ''}${count(groups)} groups`
      : `${count(groups)} groups`;
  const totalText =
    metric === 'bytes'
      ? `${short(total)} bytes`
      : metric === 'packets'
        ? `${short(total)} packets`
        : metric === 'rate'
          ? `${short(total)} bytes a second`
          : undefined;
  const end = [shown, `${count(matched)} flows`, ...(totalText === undefined ? [] : [totalText])].join(', ');
  return `${plainTable(columns, rows)}${end}\n`;
}
