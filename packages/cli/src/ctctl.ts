#!/usr/bin/env node
// The entry point of the program. It loads only what the command line needs: built as one small CommonJS file, it
// starts some milliseconds faster than as modules. So are the verbs: the plain ones, and all. Only servers and fleets are
// loaded as modules.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { commandLetter, load } from '@conntrack/conntrack8/compiled';
import { isOfFleet, withVerbFirst } from './grammar/command-line.js';
import { identityOf } from './grammar/identity.js';
import { COMPLETE, isVerb, PLAIN } from './grammar/names.js';

const version = (): string =>
  (JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string }).version;

/** Loads a file with the code that was compiled for this command in an earlier run. */
const loaded = <Exports>(file: string, command: string): Exports =>
  load(file, command, process.env, require) as Exports;

const HELP = ['help', '--help', '-h'];

/** The name of the compiled code for a command line. Help and completion run little of a verb's code, so they have their own. */
function codeOf(argv: readonly string[]): string {
  const [verb] = withVerbFirst(argv);
  if (verb === COMPLETE) return COMPLETE;
  if (argv.some(word => HELP.includes(word))) return 'help';
  return isVerb(verb) ? verb : 'other';
}

/** Whether a command line or the environment asks for what only the program with all verbs has. Another way to ask for it costs some milliseconds. */
const needsAll = (argv: readonly string[]): boolean =>
  argv.some(word => /^--(source|server|context|watch|by)\b/.test(word)) ||
  ['SOURCE', 'SERVER', 'CONTEXT'].some(name => process.env[`CTCTL_${name}`]);

async function startVerb(argv: readonly string[]): Promise<void> {
  const code = codeOf(argv);
  // A fleet is loaded as modules, too.
  if (code === 'serve' || code === 'fleet' || isOfFleet(argv)) return void (await (await import('./main.js')).main());
  const program = (file: string) => loaded<typeof import('./main.js')>(join(__dirname, file), code);
  if (!(PLAIN as readonly string[]).includes(code) || needsAll(argv)) return void (await program('verbs.cjs').main());
  try {
    // To take V8's memory apart takes a millisecond.
    if (await program('plain.cjs').main()) process.exit();
  } catch (error) {
    if ((error as { code?: string }).code !== 'INCOMPLETE') throw error;
    await program('verbs.cjs').main();
  }
}

function start(): void {
  const [, , ...argv] = process.argv;
  const identity = identityOf(process.argv, process.env, version);
  if (identity !== undefined)
    loaded<typeof import('@conntrack/conntrack8/process')>(
      require.resolve('@conntrack/conntrack8/process'),
      commandLetter(argv),
    ).conntrack8Process(identity);
  else if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) process.stdout.write(`${version()}\n`);
  else void startVerb(argv);
}

// A copy of this file alone has nothing to load.
if (existsSync(join(__dirname, 'main.js'))) start();
else {
  const name = basename(__filename);
  process.stderr.write(
    `${name}: ${__filename} is a copy of one file of @conntrack/cli; the files that it needs are missing. ` +
      `Make a symbolic link instead of a copy: ln -sf "$(readlink -f "$(command -v ctctl)")" ${__filename}\n`,
  );
  process.exitCode = 1;
}
