import type { Conntrack } from '@conntrack/netlink';
import type { Request } from './argv/request.js';
import type { Identity, Terminal } from './terminal.js';

/** What a command works with. */
export interface Context {
  readonly request: Request;
  readonly terminal: Terminal;
  readonly identity: Identity;
  readonly conntrack: Conntrack;
  /** Whether the command is a line of a file (`-R`): then only `-F` prints a message on standard error. */
  readonly quiet: boolean;
  /** The line and the file of the command (`-R`). */
  readonly place?: string;
}

/** Prints a line on standard error, after the program's name. */
export const say = ({ terminal, identity }: Pick<Context, 'terminal' | 'identity'>, text: string): void =>
  terminal.err(`${identity.title}: ${text}\n`);

/** Prints the number of entries that a command processed. */
export const sayCount = (context: Context, count: number, done: string): void => {
  if (!context.quiet) say(context, `${count} flow entries have been ${done}.`);
};
