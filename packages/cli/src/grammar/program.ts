import { Command, CommanderError } from 'commander';
import { withPairs } from '../options/filter-argument.js';
import { takeFilters, withFilterOptions } from '../options/filter-options.js';
import { checkCommand } from '../options/rules.js';
import { applyVariables } from '../options/variables.js';
import type { Context } from '../process/context.js';
import { EXIT } from '../process/exit-codes.js';
import { withFleetOptions } from '../source/fleet/options.js';
import { withServerOptions } from '../source/server/options.js';
import { withSourceOptions } from '../source/source.js';
import { withDisplayOptions } from '../terminal/options.js';
import { isVerb, VERBS, type VerbName } from './names.js';
import { EXIT_NOTES, FILTER_NOTES } from './notes.js';
import { GROUPS } from './verb.js';
import { DEFINITIONS } from './verbs/index.js';

/** Receives the exit code of a command. */
export interface Outcome {
  code: number;
}

/**
 * Builds the command line: of one verb only if the command line begins with it, and of all verbs without their options if
 * it begins with something else, because commander takes some milliseconds for each verb. The code of a verb is loaded
 * when it runs.
 *
 * @param version returns the version. It is called only if it is shown, because it is in a file
 *
 * @param verb the first word of the command line. `undefined` builds all verbs with their options
 */
export function program(context: Context, version: () => string, outcome: Outcome, verb?: string): Command {
  const root = new Command('ctctl')
    .description('List, get, create, update and delete tracked connections, and serve them over HTTP')
    .commandsGroup(`${GROUPS.serve}:`)
    .option('-V, --version', 'output the version number')
    .addHelpText('after', `${FILTER_NOTES}\n${EXIT_NOTES}`);
  root.on('option:version', () => {
    context.io.stdout.write(`${version()}\n`);
    throw new CommanderError(EXIT.ok, 'commander.version', version());
  });
  root.hook('preAction', (_, verb) => {
    // The options of the server are checked later, together with its configuration file.
    if (verb.name() === 'serve') return;
    applyVariables(verb, context.io.env);
    checkCommand(verb);
  });
  const whole = isVerb(verb) || verb === undefined;
  for (const name of isVerb(verb) ? [verb] : VERBS) {
    const { run, filters } = DEFINITIONS[name];
    const command = addVerb(root, name, whole);
    command.action(async (...call) => {
      if (filters) call[0] = await withPairs(call[0], takeFilters(command, call[0]));
      outcome.code = await run(context, ...call);
    });
  }
  return root;
}

/** Adds the grammar and the help of a verb, `whole` or without its options. Its help begins with what it does, and examples. */
function addVerb(root: Command, name: VerbName, whole: boolean): Command {
  const { usage, summary, group, examples, notes = '', table, filters, options } = DEFINITIONS[name];
  const command = root
    .command(usage)
    .summary(summary)
    .helpGroup(`${GROUPS[group]}:`)
    .addHelpText('before', `${summary}.\n\nExamples:\n  ${examples.join('\n  ')}\n`)
    .addHelpText('after', notes);
  if (!whole) return command;
  if (table) withFleetOptions(withServerOptions(withSourceOptions(command)));
  withDisplayOptions(command);
  options?.(command);
  if (filters) withFilterOptions(command);
  return command;
}
