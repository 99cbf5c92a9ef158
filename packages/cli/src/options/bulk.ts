import type { BulkOptions } from '@conntrack/table';
import type { Command } from 'commander';
import { integer } from './values/numbers.js';

/** The limits of a bulk change, as the command line has them. */
export interface BulkArguments {
  maxAffected?: string;
  expect?: string;
  dryRun?: boolean;
  strict?: boolean;
}

/** The limits that the command line supports. */
export type CommandLimits = Pick<BulkOptions, 'maxAffected' | 'expect' | 'strict'>;

/** Adds the options for limits to a command. */
export function withBulkOptions(command: Command): Command {
  return command
    .option('--max-affected <count>', 'change nothing if more entries match (default: 1000)')
    .option('--expect <count>', 'change nothing if a different number of entries matches')
    .option('--dry-run', 'show what would be changed, without changing it')
    .option(
      '--strict',
      'check each entry again just before it is changed, and skip it if another connection replaced it',
    );
}

/** Parses the limits. @throws UsageError */
export const limitsOf = (options: BulkArguments): CommandLimits => ({
  ...(options.maxAffected !== undefined && { maxAffected: integer(options.maxAffected, '--max-affected') }),
  ...(options.expect !== undefined && { expect: integer(options.expect, '--expect') }),
  ...(options.strict && { strict: true }),
});
