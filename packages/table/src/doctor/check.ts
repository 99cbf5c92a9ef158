import type { Finding, IndexState } from '@conntrack/flow/table';
import type { TableFacts } from '../source/facts.js';
import type { Movement } from './movement.js';
import type { Survey } from './survey.js';

/** Everything that the checks know. */
export interface Examination {
  readonly facts: TableFacts;
  readonly survey: Survey;
  /** How the counters changed between two looks; absent if there was one. */
  readonly movement?: Movement;
  /** The state of the table's index, if it has one. */
  readonly index?: IndexState;
}

/** The result of a check, without its name. */
export type Result = Omit<Finding, 'check'>;

/** One check: what the examination means. */
export type Check = (examination: Examination) => Result;

export const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
export const sysctl = (name: string, value: number): string => `sysctl -w net.netfilter.${name}=${value}`;

/** The result for a setting that cannot be read. */
export const unknown = (what: string): Result => ({
  status: 'unknown',
  found: `${what} cannot be read`,
  effect: 'the effect is unknown',
  fix: 'run this program where /proc/sys is mounted',
});

/** The fix for a feature that an old kernel lacks. */
export const NEWER = 'a newer kernel may fix this. Run this check again after an update';

/** The result for what could not be tried without a privilege. */
export const notChecked = (found: string, effect: string): Result => ({
  status: 'unknown',
  found,
  effect,
  fix: 'run this program with CAP_SYS_ADMIN, or in a user namespace (unshare -Ur)',
});
