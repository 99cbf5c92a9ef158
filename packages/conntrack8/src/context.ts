import type { Conntrack } from '@conntrack/netlink';
import type { Request } from './argv/request.js';
import type { Identity, Terminal } from './terminal.js';

/** What a command works with. */
export interface Context {
  readonly request: Request;
  readonly terminal: Terminal;
  readonly identity: Identity;
  readonly conntrack: Conntrack;
  /** A line of a file (`-R`): nothing is counted on standard error, but for what `-F` says. */
  readonly quiet: boolean;
  /** Which line of which file (`-R`) this is. */
  readonly place?: string;
}

/** A line on standard error behind the program's name. */
export const say = ({ terminal, identity }: Pick<Context, 'terminal' | 'identity'>, text: string): void =>
  terminal.err(`${identity.title}: ${text}\n`);

/** How many entries a command was about. */
export const sayCount = (context: Context, count: number, done: string): void => {
  if (!context.quiet) say(context, `${count} flow entries have been ${done}.`);
};
