import type { BulkOptions } from '@conntrack/table';
import type { Command } from 'commander';
import { integer } from './values/numbers.js';

/** How far a change may go, as the command line says it. */
export interface BulkArguments {
  maxAffected?: string;
  expect?: string;
  dryRun?: boolean;
  strict?: boolean;
}

/** The limits that a command line can say. */
export type CommandLimits = Pick<BulkOptions, 'maxAffected' | 'expect' | 'strict'>;

/** Adds the limits of a change to a command. */
export function withBulkOptions(command: Command): Command {
  return command
    .option('--max-affected <count>', 'change nothing if more entries match (default: 1000)')
    .option('--expect <count>', 'change nothing unless exactly this number of entries matches')
    .option('--dry-run', 'show what would be changed, without changing it')
    .option('--strict', 'look at each entry again just before its turn, and skip successors on the same tuple');
}

/** The limits, of a change of one entry as of many. @throws UsageError */
export const limitsOf = (options: BulkArguments): CommandLimits => ({
  ...(options.maxAffected !== undefined && { maxAffected: integer(options.maxAffected, '--max-affected') }),
  ...(options.expect !== undefined && { expect: integer(options.expect, '--expect') }),
  ...(options.strict && { strict: true }),
});
