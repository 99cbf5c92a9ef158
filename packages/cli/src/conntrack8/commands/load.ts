import { readFileSync } from 'node:fs';
import { splitCommandLine } from '../command-file.js';
import type { CommandLetter, Table } from '../commands.js';
import type { Context } from '../context.js';
import { ParameterError } from '../errors.js';
import { type Parsed, parseCommandLine } from '../parse.js';
import type { Identity, Terminal } from '../terminal.js';

/** Commands that a file may have. */
const ALLOWED: readonly (string | undefined)[] = ['I', 'A', 'U', 'D', 'F'];

/** A command as conntrack's message calls it. It says `-C expect` for `-I expect`. */
function nameOf(command: CommandLetter | undefined, table: Table): string {
  if (command === undefined) return 'unknown';
  if (table !== 'expect') return `-${command}`;
  return `-${command === 'I' ? 'C' : command} expect`;
}

/**
 * `-R FILE`: the command lines of a file, or of standard input (`-`). All of them are read before the first is run; the first that fails ends the
 * run. `execute` runs one.
 */
export async function loadFile(
  file: string,
  identity: Identity,
  terminal: Terminal,
  execute: (context: Context) => Promise<number>,
): Promise<number> {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new ParameterError(`Failed to open file ${file} for reading`);
  }
  const commands: Parsed[] = [];
  for (const line of text.split(/\r?\n/)) {
    const words = splitCommandLine(line);
    if (words.length === 0) continue;
    const parsed = parseCommandLine([identity.name, ...words], warning => terminal.err(`${warning}\n`));
    const { command, table } = parsed.request;
    if (table === 'expect' || !ALLOWED.includes(command))
      throw new ParameterError(`Cannot use command \`${nameOf(command, table)}' with --load-file`);
    commands.push(parsed);
  }
  if (commands.length === 0) return 0;
  const { Conntrack } = await import('@conntrack/netlink');
  const conntrack = Conntrack.open();
  try {
    for (const { request } of commands) await execute({ request, terminal, identity, conntrack, quiet: true });
  } finally {
    conntrack.close();
  }
  return 0;
}
