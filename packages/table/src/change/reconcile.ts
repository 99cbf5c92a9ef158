import { ALL, allOf, anyOf, type Filter, negate, normalize } from '@conntrack/filter';

/** What has to go: everything in the scope that none of `keep` matches. */
export interface Reconciliation {
  /** Which flows are the caller's business at all. */
  scope: Filter;
  /** Which of them are right. None: all of the scope has to go. */
  keep: Filter | readonly Filter[];
}

/** The filter of what has to go. */
export function staleFilter({ scope, keep }: Reconciliation): Filter {
  const kept = 'kind' in keep ? [keep] : keep;
  // Without a scope `keep` alone would be a filter, and everything else on the host stale.
  if (normalize(scope).kind === 'all') return ALL;
  return kept.length === 0 ? scope : allOf([scope, negate(anyOf(kept))]);
}
