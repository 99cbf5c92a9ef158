import type { FlowChange } from '@conntrack/flow';
import { requireScope } from './authenticate.js';
import type { Principal, Scope } from './scopes.js';

/**
 * The scopes that a change needs; the caller must have all of them. The status FIXED_TIMEOUT also needs `flows:delete`:
 * no traffic extends the timeout, so the flow is certain to end.
 */
export function scopesOfChange(change: FlowChange | 'delete'): readonly Scope[] {
  if (change === 'delete') return ['flows:delete'];
  return change.status?.includes('FIXED_TIMEOUT') ? ['flows:update', 'flows:delete'] : ['flows:update'];
}

/** Throws if the principal may not make the change. @throws Problem `scope-missing` */
export function requireChange(principal: Principal, change: FlowChange | 'delete'): void {
  for (const scope of scopesOfChange(change)) requireScope(principal, scope);
}
