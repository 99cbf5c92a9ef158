import { isVerb } from './names.js';

/** Options that verbs about a table have, and conntrack(8) does not. */
const TABLE_OPTION =
  /^--(source|netns|skip-bad-lines|server|token-file|context|fleet-file|tag|deadline|allow-missing|color|no-color)(=|$)/;

/** Options whose value may be any name, also that of a verb. */
const NAMED = /^--(netns|context)$/;

/** A word that shows that a command line is conntrack(8)'s: one of its commands. */
const COMMAND =
  /^(-[A-Z]|--(dump|get|delete|create|add|update|event|flush|count|counter|stats|load-file|completion|version)(=|$))/;

/**
 * The index of the verb on a command line that begins with options (`--netns blue list`). −1 for a line that does not
 * begin with options, or that is conntrack(8)'s. Before the verb, each option has at most one value. A line without one
 * of conntrack(8)'s commands does nothing there.
 */
export function verbAt(argv: readonly string[]): number {
  if (argv[0]?.startsWith('-') !== true || argv.some(word => COMMAND.test(word))) return -1;
  for (const [at, word] of argv.entries()) {
    if (word === '--') return -1;
    if (isVerb(word) && !NAMED.test(argv[at - 1] ?? '')) return at;
    if (!word.startsWith('-') && argv[at - 1]?.startsWith('-') !== true) return -1;
  }
  return -1;
}

/** Whether a command line that begins with an option is for `ctctl`'s verbs. The verb itself may be missing. */
export const isForVerbs = (argv: readonly string[]): boolean =>
  verbAt(argv) > 0 || (TABLE_OPTION.test(argv[0] ?? '') && !argv.some(word => COMMAND.test(word)));

/** Whether a command line is about a fleet, whose code is in no compiled program. */
export const isOfFleet = (argv: readonly string[]): boolean => argv.some(word => /^--fleet-file(=|$)/.test(word));

/** The command line with the verb moved to the front. */
export function withVerbFirst(argv: readonly string[]): string[] {
  const at = verbAt(argv);
  return at > 0 ? [argv[at]!, ...argv.slice(0, at), ...argv.slice(at + 1)] : [...argv];
}
