import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { type Outcome, program } from './grammar/program.js';
import { isForVerbs, VERBS, withVerbFirst } from './grammar/verbs.js';
import { filterWord } from './options/filter-words.js';
import { withCanonicalNames } from './options/tuple.js';
import { Output, OutputClosed } from './output/output.js';
import { EXIT, exitCodeOf } from './process/exit-codes.js';
import { describe } from './process/failure.js';
import { Interrupted, type Io, say } from './process/io.js';
import { UsageError } from './process/usage-error.js';

const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/**
 * One run of `ctctl`: `argv` without the program's name. Answers the exit code; never throws, never ends the process, and
 * writes to nothing but `io`. With `CONNTRACK_DEBUG` set, failures show their stack.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const output = new Output(io.stdout, io.signal);
  const outcome: Outcome = { code: EXIT.ok };
  let verb: string | undefined;
  const line = withVerbFirst(argv);
  try {
    const root = program({ io, output }, version(), outcome, line[0]);
    for (const command of [root, ...root.commands])
      command
        .exitOverride()
        .configureOutput({ writeOut: text => void io.stdout.write(text), writeErr: () => {} })
        .showSuggestionAfterError();
    if (argv.length === 0) {
      io.stderr.write(root.helpInformation());
      return EXIT.usage;
    }
    if (line[0]!.startsWith('--') && isForVerbs(line))
      throw new UsageError(`a command is missing: ctctl COMMAND ${line.join(' ')}. Commands: ${VERBS.join(', ')}`);
    verb = line[0];
    await root.parseAsync(withCanonicalNames(line), { from: 'user' });
    if (!io.signal.aborted) await output.finish();
    return outcome.code;
  } catch (error) {
    return await failed(error, argv, io, verb);
  }
}

/** The end of a run that did not come to its own: what is said, and the exit code. */
async function failed(error: unknown, argv: readonly string[], io: Io, verb: string | undefined): Promise<number> {
  if (error instanceof OutputClosed) return EXIT.ok;
  // An operation that was given up fails in its own way; what happened is that the user ended it.
  if (io.signal.reason instanceof Interrupted) return exitCodeOf(io.signal.reason);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    const meant =
      error.code === 'commander.unknownOption'
        ? await filterWord(withCanonicalNames(withVerbFirst(argv)), error.message)
        : undefined;
    say(io, `ctctl: ${error.message.replace(/^error: /, '')}\n${meant ?? 'see: ctctl --help'}`);
    return EXIT.usage;
  }
  say(io, describe(error, verb));
  if (io.env.CONNTRACK_DEBUG && error instanceof Error) say(io, error.stack ?? '');
  return exitCodeOf(error);
}
