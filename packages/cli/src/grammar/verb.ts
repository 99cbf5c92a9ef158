import type { Command } from 'commander';
import type { Context } from '../process/context.js';

/** The groups of verbs in the help, in order. */
export const GROUPS = {
  read: 'Read the table',
  change: 'Change the table',
  watch: 'Watch',
  diagnose: 'Find problems',
  keep: 'Save and restore',
  serve: 'Serve, and use servers',
} as const;

/** What commander passes to the action of a command: its arguments, its options, and the command. */
export type ActionArguments = Parameters<Parameters<Command['action']>[0]>;

/**
 * A verb of `ctctl`. The grammar, help, completion and man pages are made from it.
 *
 * A definition is loaded at every start, so it imports only what its options need. Its code is imported by `run`.
 */
export interface Verb {
  /** The usage without the program's name: `get [key]`. The first word is the verb. */
  readonly usage: string;
  /** What the verb does, in one sentence without a full stop. */
  readonly summary: string;
  readonly group: keyof typeof GROUPS;
  /** Command lines for the help, at least one. */
  readonly examples: readonly string[];
  /** What the help says after the options. */
  readonly notes?: string;
  /** Whether the verb works on a table, local or of a server, so that it has the options for it. */
  readonly table?: true;
  /** Whether the words after the verb are a filter (or keys), so that it has the options that are filters. */
  readonly filters?: true;
  /** Adds the verb's own options. */
  options?(command: Command): void;
  /** Runs the verb, and returns the exit code. With `filters`, the first argument is the words of the filter. */
  run(context: Context, ...call: ActionArguments): Promise<number>;
}
