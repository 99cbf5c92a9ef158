import type { Filter } from '@conntrack/filter';
import { type FlowChange, type FlowCursor, STATUS } from '@conntrack/flow';
import { TableError } from '../errors.js';

/** Which flows are to end, and when. */
export interface Drain {
  filter: Filter | readonly Filter[];
  /** Seconds from now. */
  within: number;
}

/**
 * The change that gives flows a deadline: the kernel sets the timeout before the status, so that one message can set both, and never
 * touches the timeout of a FIXED_TIMEOUT entry again, whatever traffic it sees.
 *
 * @throws TableError INVALID_CHANGE for a time that is no whole number of seconds above 0.
 */
export function drainChange(within: number): FlowChange {
  if (!Number.isInteger(within) || within <= 0 || within > 0x7fffffff)
    throw new TableError('INVALID_CHANGE', `a deadline is a whole number of seconds above 0, not ${within}`);
  return { timeout: within, status: ['FIXED_TIMEOUT'] };
}

/** Flows that have a deadline already keep it: the kernel refuses another one. */
export const hasDeadline = (cursor: FlowCursor): boolean => {
  const status = cursor.status();
  return status >= 0 && (status & STATUS.FIXED_TIMEOUT) !== 0;
};
