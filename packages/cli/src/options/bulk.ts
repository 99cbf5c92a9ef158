import type { BulkOptions } from '@conntrack/table';
import type { Command } from 'commander';
import { withFleetChangeOptions } from '../source/fleet/options.js';
import { FORMATS } from './format.js';
import { integer } from './values/numbers.js';

/** The options that limit a change of many entries. */
export interface BulkArguments {
  maxAffected?: string;
  expect?: string;
  dryRun?: boolean;
  strict?: boolean;
  yes?: boolean;
  /** From an environment variable: text with one filter a line. */
  protect?: readonly string[] | string;
  includeOwnSession?: boolean;
}

/** The limits that the command line supports. */
export type CommandLimits = Pick<BulkOptions, 'maxAffected' | 'expect' | 'strict'>;

const listed = (text: string, all: string[] = []): string[] => [...all, text];

/** Adds the options for limits, protected entries and confirmation to a command. */
export function withBulkOptions(command: Command): Command {
  return withFleetChangeOptions(command)
    .option('--max-affected <count>', 'change nothing if more entries match (default: 1000)')
    .option('--expect <count>', 'change nothing if a different number of entries matches')
    .option('--spare, --protect <filter>', 'skip the entries that match this filter; can be repeated', listed)
    .option('--dry-run', 'show what would be changed, without changing it')
    .option('-y, --yes', 'do not ask for confirmation on a terminal')
    .option(
      '--strict',
      'check each entry again just before it is changed, and skip it if another connection replaced it',
    );
}

/** Adds the options that print the changed entries. */
export const withShownEntries = (command: Command): Command =>
  command
    .option('-o, --output <format>', `print each changed entry as ${FORMATS}. json prints the result instead`)
    .option('--show', 'print each changed entry as text');

/** Adds the option for the connection that the command itself is used over. */
export const withOwnSession = (command: Command): Command =>
  command.option('--include-own-session', 'do not skip the connection of your own SSH session');

/** Parses the limits. @throws UsageError */
export const limitsOf = (options: BulkArguments): CommandLimits => ({
  ...(options.maxAffected !== undefined && { maxAffected: integer(options.maxAffected, '--max-affected') }),
  ...(options.expect !== undefined && { expect: integer(options.expect, '--expect') }),
  ...(options.strict && { strict: true }),
});
