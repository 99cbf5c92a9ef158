import { anyOf, type Filter } from '@conntrack/filter';
import { compileFilter } from '@conntrack/filter/compile';
import { printQuery } from '@conntrack/filter/print';
import { type Flow, type FlowCursor, protocolOf, stateName } from '@conntrack/flow';
import { matchingRows, newCounts } from '../read/matching-rows.js';
import type { TableSource } from '../source/source.js';
import type { Exclusion } from './change-context.js';
import { TargetStore } from './target-store.js';

/** Which flows a change affects. */
export interface TargetSelection {
  readonly filters: readonly Filter[];
  readonly maxAffected: number;
  /** Maximum number of flows to show. */
  readonly sample: number;
  readonly exclusions: readonly Exclusion[];
  /** Whether the evidence that distinguishes each target from a successor is stored too. */
  readonly strict: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The result of a scan for targets. */
export interface SelectedTargets {
  /** The flows that would be changed. Empty if there are more than `maxAffected`. */
  readonly targets: TargetStore;
  /** Number of flows that match, skipped flows included. */
  matched: number;
  /** Number of flows that would be changed. */
  affected: number;
  readonly skips: Map<string, number>;
  readonly breakdown: Map<string, number>;
  readonly sample: Flow[];
  /** Each filter, with the number of flows that match it. A flow that matches two filters counts in both. */
  readonly filters: { readonly filter: string; matched: number }[];
}

function kindOf(cursor: FlowCursor): string {
  const protonum = cursor.protonum();
  const state = cursor.state();
  const { name } = protocolOf(protonum);
  return state < 0 ? name : `${name} ${stateName(protonum, state)}`;
}

/** Increments the count of a key. */
export const countUp = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

/**
 * Finds the flows that a change would affect, in one scan for any number of filters. Once there are more than `maxAffected`, it frees the
 * stored targets and only continues to count.
 */
export async function selectTargets(
  source: TableSource,
  { filters, maxAffected, exclusions, strict, signal, ...rest }: TargetSelection,
): Promise<SelectedTargets> {
  const each = filters.length > 1 ? filters.map(one => compileFilter(one)) : [];
  const found: SelectedTargets = {
    targets: new TargetStore({ strict }),
    matched: 0,
    affected: 0,
    skips: new Map(),
    breakdown: new Map(),
    sample: [],
    filters: filters.map(one => ({ filter: printQuery(one), matched: 0 })),
  };
  const counts = newCounts();
  for await (const rows of matchingRows(source, { filter: anyOf(filters), ...(signal && { signal }) }, counts)) {
    const { cursor } = rows;
    while (rows.next()) {
      for (let i = 0; i < each.length; i++) if (each[i]!(cursor)) found.filters[i]!.matched++;
      const exclusion = exclusions.find(({ test }) => test(cursor));
      if (exclusion !== undefined) {
        countUp(found.skips, exclusion.reason);
        continue;
      }
      countUp(found.breakdown, kindOf(cursor));
      if (++found.affected <= maxAffected) found.targets.add(cursor);
      else if (found.affected === maxAffected + 1) found.targets.clear();
      if (found.sample.length < rest.sample) found.sample.push(cursor.flow());
    }
  }
  found.matched = counts.matched;
  if (found.filters.length === 1) found.filters[0]!.matched = found.matched;
  return found;
}
