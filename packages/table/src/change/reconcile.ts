import { ALL, allOf, anyOf, type Filter, negate, normalize } from '@conntrack/filter';
import type { OptionRules } from '@conntrack/flow/checks';
import { oneFilter, oneFilterOrMany } from '../option-rules.js';
import type { Reconciliation } from '../table-options.js';

export const RECONCILIATION_RULES: OptionRules<Reconciliation> = { scope: oneFilter, keep: oneFilterOrMany };

/** Returns the filter of the flows to delete. */
export function reconcileFilter({ scope, keep }: Reconciliation): Filter {
  const kept = 'kind' in keep ? [keep] : keep;
  // Without a scope, every flow on the host that `keep` does not match would be deleted.
  if (normalize(scope).kind === 'all') return ALL;
  return kept.length === 0 ? scope : allOf([scope, negate(anyOf(kept))]);
}
