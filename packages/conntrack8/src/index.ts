/**
 * conntrack(8) as a function: the command line, the output and the exit codes of conntrack-tools.
 *
 * @module
 */
import type { NetlinkError } from '@conntrack/netlink';
import type { CommandLetter } from './argv/commands.js';
import { type Parsed, parseCommandLine } from './argv/parse.js';
import type { Context } from './context.js';
import { LineError, OperationError, ParameterError } from './errors.js';
import { operationText } from './output/failure.js';
import { ReaderGone } from './output/sink.js';
import type { Identity, Terminal } from './terminal.js';

export { conntrackIdentity } from './identity.js';
export type { Identity, Live, Terminal } from './terminal.js';

/** Exit codes: success, failure (or nothing found), invalid command line, and reader gone (128 + SIGPIPE). */
const DONE = 0;
const FAILED = 1;
const WRONG = 2;
const NO_READER = 141;

/** Runs a request, and returns the exit code. Each command is loaded on first use. */
type Run = (context: Context) => Promise<number>;

const COMMANDS: Readonly<Record<Exclude<CommandLetter, 'V' | 'h'>, () => Promise<Run>>> = {
  L: async () => (await import('./commands/list.js')).list,
  G: async () => (await import('./commands/get.js')).get,
  D: async () => (await import('./commands/delete.js')).remove,
  I: async () => (await import('./commands/create.js')).create,
  A: async () => (await import('./commands/add.js')).add,
  U: async () => (await import('./commands/update.js')).update,
  E: async () => (await import('./commands/event.js')).event,
  F: async () => (await import('./commands/flush.js')).flush,
  C: async () => (await import('./commands/count.js')).count,
  S: async () => (await import('./commands/stats.js')).stats,
};

/**
 * Runs conntrack(8) once. `argv` is the command line without the program's name. Returns the exit code: 0 success, 1
 * failure or nothing found, 2 invalid command line. Never throws.
 */
export async function conntrack8(argv: readonly string[], identity: Identity, terminal: Terminal): Promise<number> {
  const warn = (line: string): void => terminal.err(`${line}\n`);
  let command: Parsed['request']['command'];
  let expect = false;
  try {
    const file = argv.length > 1 && (argv[0] === '-R' || argv[0] === '--load-file') ? argv[1] : undefined;
    if (file !== undefined) {
      const { loadFile } = await import('./commands/load.js');
      return await loadFile(file, identity, terminal, context => {
        ({ command } = context.request);
        expect = context.request.table === 'expect';
        return execute(context);
      });
    }
    if (argv.length === 2 && argv[0] === '--completion') {
      const { completion } = await import('./argv/completion.js');
      terminal.out(new TextEncoder().encode(completion(argv[1]!, identity.name)));
      return DONE;
    }
    const parsed = parseCommandLine([identity.name, ...argv], warn);
    command = parsed.request.command;
    expect = parsed.request.table === 'expect';
    return await run(parsed, identity, terminal);
  } catch (error) {
    return failed(error, identity, terminal, command, expect);
  }
}

async function run(parsed: Parsed, identity: Identity, terminal: Terminal): Promise<number> {
  const { request } = parsed;
  const { command } = request;
  if (command === 'V') {
    terminal.out(new TextEncoder().encode(`${identity.title}\n`));
    return DONE;
  }
  if (command === undefined || command === 'h') {
    const { helpText } = await import('./argv/help.js');
    terminal.out(new TextEncoder().encode(helpText(identity, parsed)));
    return DONE;
  }
  const { Conntrack } = await import('./netlink.js');
  const conntrack = Conntrack.open();
  try {
    return await execute({ request, terminal, identity, conntrack, quiet: false });
  } finally {
    conntrack.close();
  }
}

const execute = async (context: Context): Promise<number> =>
  (await COMMANDS[context.request.command as keyof typeof COMMANDS]())(context);

function failed(
  error: unknown,
  identity: Identity,
  terminal: Terminal,
  command: CommandLetter | undefined,
  expect: boolean,
): number {
  const { title, name } = identity;
  if (error instanceof ReaderGone) return NO_READER;
  if (error instanceof LineError) {
    const code = failed(error.cause, identity, terminal, command, expect);
    if (code !== NO_READER) terminal.err(`${title}: ${error.message}\n`);
    return code;
  }
  if (error instanceof ParameterError) {
    terminal.err(`${title}: ${error.message}\nTry \`${name} -h' or '${name} --help' for more information.\n`);
    return WRONG;
  }
  if (error instanceof OperationError)
    terminal.err(error.plain ? `${error.message}\n` : `${title}: ${error.message}\n`);
  // conntrack(8) prints this as an invalid argument or parameter.
  else if (isNetlinkError(error) && error.code === 'MODULE_MISSING') terminal.err(`${title}: ${error.message}\n`);
  else if (isNetlinkError(error) && command !== undefined)
    terminal.err(
      `${title}: Operation failed: ${operationText(error.errnoName ?? '', command, expect, error.message)}\n`,
    );
  else terminal.err(`${title}: ${error instanceof Error ? error.message : String(error)}\n`);
  if (terminal.env.CONNTRACK_DEBUG && error instanceof Error) terminal.err(`${error.stack ?? ''}\n`);
  return FAILED;
}

// A separate module, so that only runs that need the client load it.
const isNetlinkError = (error: unknown): error is NetlinkError =>
  error instanceof Error && error.name === 'NetlinkError';
