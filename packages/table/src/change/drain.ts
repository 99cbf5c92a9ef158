import { type FlowChange, type FlowCursor, STATUS } from '@conntrack/flow';
import { anything, type OptionRules } from '@conntrack/flow/checks';
import { TableError } from '@conntrack/flow/table';
import { oneFilterOrMany } from '../option-rules.js';
import type { Drain } from '../table-options.js';
import type { ChangeContext } from './change-context.js';

// The deadline is checked by drainChange.
export const DRAIN_RULES: OptionRules<Drain> = { filter: oneFilterOrMany, within: anything };

/**
 * Returns the change that gives flows a deadline. The kernel sets the timeout before the status, so one message can set both. It never
 * changes the timeout of a FIXED_TIMEOUT entry afterwards, whatever traffic it sees.
 *
 * @throws TableError INVALID_CHANGE if the time is not a whole number of seconds > 0
 */
export function drainChange(within: number): FlowChange {
  if (!Number.isInteger(within) || within <= 0 || within > 0x7fffffff)
    throw new TableError('INVALID_CHANGE', `a deadline must be a whole number of seconds ≥ 1, got ${within}`);
  return { timeout: within, status: ['FIXED_TIMEOUT'] };
}

/** Flows that already have a deadline keep it: the kernel refuses another one. */
const hasDeadline = (cursor: FlowCursor): boolean => {
  const status = cursor.status();
  return status >= 0 && (status & STATUS.FIXED_TIMEOUT) !== 0;
};

/** Makes a context that skips flows with a deadline. */
export const drainContext = ({ exclusions, ...context }: ChangeContext): ChangeContext => ({
  ...context,
  exclusions: [...exclusions, { reason: 'already has a deadline', test: hasDeadline }],
});
