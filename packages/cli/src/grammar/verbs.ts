/** The verbs of `ctctl`: what its first word is, if it is not an option. */
export const VERBS: readonly string[] = [
  'list',
  'get',
  'create',
  'update',
  'delete',
  'flush',
  'count',
  'serve',
  'token',
];

/** Options that every verb about a table takes, and conntrack(8) does not. */
const TABLE_OPTION = /^--(source|netns|skip-bad-lines)(=|$)/;

/** A word that makes a line conntrack(8)'s: one of its commands. */
const COMMAND =
  /^(-[A-Z]|--(dump|get|delete|create|add|update|event|flush|count|counter|stats|load-file|completion|version)(=|$))/;

/**
 * Where the verb stands on a command line that begins with options (`--netns blue list`); −1 on one that does not, or that is conntrack(8)'s. In front of the
 * verb each option has one value at most. conntrack(8) does nothing with a line that has none of its commands.
 */
export function verbAt(argv: readonly string[]): number {
  if (argv[0]?.startsWith('-') !== true || argv.some(word => COMMAND.test(word))) return -1;
  for (const [at, word] of argv.entries()) {
    if (word === '--') return -1;
    if (VERBS.includes(word)) return at;
    if (!word.startsWith('-') && argv[at - 1]?.startsWith('-') !== true) return -1;
  }
  return -1;
}

/** Whether a command line that begins with an option is for `ctctl`'s verbs, though its verb may be missing. */
export const isForVerbs = (argv: readonly string[]): boolean =>
  verbAt(argv) > 0 || (TABLE_OPTION.test(argv[0] ?? '') && !argv.some(word => COMMAND.test(word)));

/** A command line with its verb in front. */
export function withVerbFirst(argv: readonly string[]): string[] {
  const at = verbAt(argv);
  return at > 0 ? [argv[at]!, ...argv.slice(0, at), ...argv.slice(at + 1)] : [...argv];
}
