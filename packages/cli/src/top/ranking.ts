import type { Filter } from '@conntrack/filter';
import { printableJson } from '@conntrack/flow/text';
import type { Metric, Table, Top } from '@conntrack/table';
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
const METRICS: readonly string[] = ['flows', 'bytes', 'packets', 'distinct'] satisfies Metric[];

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
  const fields = by.split(',');
  const sum = metric === 'distinct' ? `distinct ${distinct}` : metric;
  const head = [
    ...fields,
    sum.toUpperCase(),
    'SHARE',
    ...(distinct !== undefined && metric !== 'distinct' ? [`DISTINCT ${distinct}`] : []),
  ];
  const lines = items.map(({ group, value, error, distinct: different }) => [
    ...cells(group, fields.length),
    `${error > 0 ? '<=' : ''}${count(value)}`,
    total > 0 ? `${((100 * value) / total).toFixed(1)}%` : '-',
    ...(different !== undefined && metric !== 'distinct' ? [count(different)] : []),
  ]);
  const rows = [head.map(title => title.toUpperCase()), ...lines];
  const widths = head.map((_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0)));
  const text = rows.map(row =>
    row
      .map((cell, i) => (i < fields.length ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const shown =
    items.length < groups || approximate
      ? `${items.length} of ${approximate ? 'more than ' : ''}${count(groups)} groups`
      : `${count(groups)} groups`;
  const totalText =
    metric === 'bytes' ? `${short(total)} bytes` : metric === 'packets' ? `${short(total)} packets` : undefined;
  const end = [shown, `${count(matched)} flows`, ...(totalText === undefined ? [] : [totalText])].join(', ');
  return `${text.join('\n')}\n${end}\n`;
}

/** The cells of a group: its values are separated by spaces. */
function cells(group: string, fields: number): string[] {
  const parts = group.split(' ');
  return parts.length === fields ? parts : [group, ...Array.from({ length: fields - 1 }, () => '')];
}
