import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { isForVerbs, withVerbFirst } from './grammar/command-line.js';
import { COMPLETE, isVerb, VERBS } from './grammar/names.js';
import { type Outcome, program } from './grammar/program.js';
import { DEFINITIONS } from './grammar/verbs/index.js';
import { filterWord } from './options/filter-words.js';
import { withCanonicalNames } from './options/tuple.js';
import { Output, OutputClosed } from './output/output.js';
import { EXIT, exitCodeOf } from './process/exit-codes.js';
import { describe } from './process/failure.js';
import { Incomplete } from './process/incomplete.js';
import { Interrupted, type Io, say } from './process/io.js';
import { UsageError } from './process/usage-error.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }).version;

/**
 * Runs `ctctl` once. `argv` is the command line without the program's name. Returns the exit code. Never
 * ends the process, and uses only `io`. With `CONNTRACK_DEBUG` set, errors show their stack.
 *
 * @throws only Incomplete, in the program for plain verbs, before anything was printed
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const output = new Output(() => io.stdout, io.signal, io.writeNow);
  const outcome: Outcome = { code: EXIT.ok };
  let verb: string | undefined;
  const line = withVerbFirst(argv);
  try {
    if (argv[0] === COMPLETE) {
      const { answer } = await import('./completion/answer.js');
      await answer({ io, output }, argv.slice(1));
      await output.finish();
      return EXIT.ok;
    }
    const root = program({ io, output }, version, outcome, (line[0] === 'help' ? line[1] : line[0]) ?? '');
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
    if (error instanceof Incomplete && output.isEmpty) throw error;
    return await failed(error, argv, io, verb);
  }
}

/** Handles an error of a run: prints it, and returns the exit code. */
async function failed(error: unknown, argv: readonly string[], io: Io, verb: string | undefined): Promise<number> {
  if (error instanceof OutputClosed) return EXIT.ok;
  // An interrupted operation fails with an error of its own. The interruption is what counts.
  if (io.signal.reason instanceof Interrupted) return exitCodeOf(io.signal.reason);
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.ok;
    const line = withCanonicalNames(withVerbFirst(argv));
    const meant =
      error.code === 'commander.unknownOption' && isVerb(line[0])
        ? await filterWord(DEFINITIONS[line[0]], line, error.message)
        : undefined;
    const help = isVerb(verb) ? `ctctl ${verb} --help` : 'ctctl --help';
    say(io, `ctctl: ${error.message.replace(/^error: /, '')}\n${meant ?? `see: ${help}`}`);
    return EXIT.usage;
  }
  say(io, describe(error, { verb, argv, root: process.getuid?.() === 0 }));
  if (io.env.CONNTRACK_DEBUG && error instanceof Error) say(io, error.stack ?? '');
  return exitCodeOf(error);
}
