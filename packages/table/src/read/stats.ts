import type { TableStats } from '@conntrack/flow/table';
import type { CpuStats } from '@conntrack/netlink';
import type { TableSource } from '../source/source.js';
import { countMatching } from './counts.js';

/** Adds up the counters of all CPUs. Counters that no CPU has stay absent. */
export function totalOf(cpus: readonly CpuStats[]): Omit<CpuStats, 'cpu'> {
  const total: Record<string, number> = {};
  for (const { cpu: _, ...counters } of cpus)
    for (const [name, value] of Object.entries(counters)) total[name] = (total[name] ?? 0) + value;
  return total;
}

/** Returns the table's statistics. If the source does not know the number of entries, they are counted. */
export async function statsOf(source: TableSource, signal: AbortSignal | undefined): Promise<TableStats> {
  const { count: known, max } = await source.capabilities(signal);
  const count = known ?? (await countMatching(source, signal ? { signal } : {}));
  const cpus = (await source.stats?.(signal)) ?? [];
  return {
    count,
    ...(max !== undefined && { max }),
    ...(max !== undefined && max > 0 && { fill: count / max }),
    cpus,
    total: totalOf(cpus),
  };
}
