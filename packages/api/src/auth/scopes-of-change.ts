import type { FlowChange } from '@conntrack/flow';
import { requireScope } from './authenticate.js';
import type { Principal, Scope } from './scopes.js';

/**
 * The scopes that a change takes, all of them. A deadline that no traffic extends (FIXED_TIMEOUT) ends the flow for certain: `flows:update` alone would
 * be a way to delete.
 */
export function scopesOfChange(change: FlowChange | 'delete'): readonly Scope[] {
  if (change === 'delete') return ['flows:delete'];
  return change.status?.includes('FIXED_TIMEOUT') ? ['flows:update', 'flows:delete'] : ['flows:update'];
}

/** @throws Problem `scope-missing` for a principal that may not make the change */
export function requireChange(principal: Principal, change: FlowChange | 'delete'): void {
  for (const scope of scopesOfChange(change)) requireScope(principal, scope);
}
