import type { CpuStats } from '@conntrack/netlink';
import type { TableFacts } from '../source/facts.js';

/** How the kernel's counters changed between two looks. */
export interface Movement {
  readonly seconds: number;
  /** Differences of the counters that both looks have. */
  readonly counters: Omit<CpuStats, 'cpu'>;
}

/** Compares two looks at the counters. A counter that got smaller (its CPU went away) counts as unchanged. */
export function movementOf(before: TableFacts['counters'], after: TableFacts['counters'], seconds: number): Movement {
  const names = Object.keys(before) as (keyof typeof before)[];
  const counters = names.flatMap(name => {
    const [one, other] = [before[name], after[name]];
    return one === undefined || other === undefined ? [] : [[name, Math.max(0, other - one)] as const];
  });
  return { seconds, counters: Object.fromEntries(counters) };
}
