import { ALL, allOf, anyOf, type Filter, negate, normalize } from '@conntrack/filter';
import type { OptionRules } from '@conntrack/flow/checks';
import { oneFilter, oneFilterOrMany } from '../option-rules.js';
import type { Reconciliation } from '../table-options.js';

export const RECONCILIATION_RULES: OptionRules<Reconciliation> = { scope: oneFilter, keep: oneFilterOrMany };

/** The filter of what has to go. */
export function reconcileFilter({ scope, keep }: Reconciliation): Filter {
  const kept = 'kind' in keep ? [keep] : keep;
  // Without a scope `keep` alone would be a filter, and everything else on the host stale.
  if (normalize(scope).kind === 'all') return ALL;
  return kept.length === 0 ? scope : allOf([scope, negate(anyOf(kept))]);
}
