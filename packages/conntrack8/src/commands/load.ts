import { readFileSync } from 'node:fs';
import { splitCommandLine } from '../argv/command-file.js';
import type { CommandLetter, Table } from '../argv/commands.js';
import { type Parsed, parseCommandLine } from '../argv/parse.js';
import type { Context } from '../context.js';
import { LineError, ParameterError } from '../errors.js';
import type { Identity, Terminal } from '../terminal.js';

/** The commands that a file may contain. */
const ALLOWED: readonly (string | undefined)[] = ['I', 'A', 'U', 'D', 'F'];

/** The name of a command in conntrack's message. It prints `-C expect` for `-I expect`. */
function nameOf(command: CommandLetter | undefined, table: Table): string {
  if (command === undefined) return 'unknown';
  if (table !== 'expect') return `-${command}`;
  return `-${command === 'I' ? 'C' : command} expect`;
}

/** A command line of a file, with its line number. */
interface Line extends Parsed {
  readonly number: number;
}

/** Parses all command lines. @throws LineError */
function parseLines(text: string, file: string, identity: Identity, terminal: Terminal): Line[] {
  const found: Line[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries())
    try {
      const words = splitCommandLine(line);
      if (words.length === 0) continue;
      const parsed = parseCommandLine([identity.name, ...words], warning => terminal.err(`${warning}\n`));
      const { command, table } = parsed.request;
      if (table === 'expect' || !ALLOWED.includes(command))
        throw new ParameterError(`Cannot use command \`${nameOf(command, table)}' with --load-file`);
      found.push({ ...parsed, number: i + 1 });
    } catch (error) {
      throw new LineError(error, `line ${i + 1} of ${file} is wrong: no line was executed`);
    }
  return found;
}

/**
 * `-R FILE`: runs the command lines of a file, or of standard input (`-`). All lines are parsed before the first one is
 * executed; the first failure ends the run. `execute` runs one line.
 *
 * @throws ParameterError, LineError
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
  const name = file === '-' ? 'standard input' : file;
  const lines = parseLines(text, name, identity, terminal);
  if (lines.length === 0) return 0;
  const { Conntrack } = await import('../netlink.js');
  const conntrack = Conntrack.open();
  try {
    for (const { request, number } of lines) {
      const place = `line ${number} of ${name}`;
      try {
        await execute({ request, terminal, identity, conntrack, quiet: true, place });
      } catch (error) {
        throw new LineError(error, `${place} failed: the lines before it were executed, the lines after it were not`);
      }
    }
  } finally {
    conntrack.close();
  }
  return 0;
}
