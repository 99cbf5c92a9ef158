/** A table of the kernel's, as the command line names it. */
export type Table = 'conntrack' | 'expect' | 'dying' | 'unconfirmed';

/** The tables in the order in which a beginning of a name is looked up. An empty name is `expect`. */
export const TABLES: readonly Table[] = ['expect', 'conntrack', 'dying', 'unconfirmed'];

/** One command of conntrack(8). */
export interface Command {
  readonly letter: CommandLetter;
  readonly long: string;
  /** Tables that it works on; the first is the default. */
  readonly tables: readonly Table[];
  readonly help: string;
}

/** The short option of a command. */
export type CommandLetter = 'L' | 'G' | 'D' | 'I' | 'A' | 'U' | 'E' | 'F' | 'C' | 'S' | 'V' | 'h';

const BOTH: readonly Table[] = ['conntrack', 'expect'];

/** The commands. `--load-file` is none of them: it is known as the first word alone. */
export const COMMANDS: readonly Command[] = [
  { letter: 'L', long: 'dump', tables: [...BOTH, 'dying', 'unconfirmed'], help: 'list the entries of a table' },
  { letter: 'G', long: 'get', tables: BOTH, help: 'show the one entry that has this tuple' },
  { letter: 'D', long: 'delete', tables: BOTH, help: 'delete all entries that match' },
  { letter: 'I', long: 'create', tables: BOTH, help: 'make an entry; fails when it exists' },
  { letter: 'A', long: 'add', tables: ['conntrack'], help: 'make an entry, or change the one that exists' },
  { letter: 'U', long: 'update', tables: ['conntrack'], help: 'change all entries that match' },
  { letter: 'E', long: 'event', tables: BOTH, help: 'show events as they happen' },
  { letter: 'F', long: 'flush', tables: BOTH, help: 'empty a table' },
  { letter: 'C', long: 'counter', tables: BOTH, help: 'how many entries there are' },
  { letter: 'S', long: 'stats', tables: BOTH, help: 'counters of each CPU' },
  { letter: 'V', long: 'version', tables: BOTH, help: 'the version' },
  { letter: 'h', long: 'help', tables: BOTH, help: 'this help; with -p the options of a protocol as well' },
];

const byLetter = new Map<string, Command>(COMMANDS.map(command => [command.letter, command]));

/** A command by its letter. */
export const commandOf = (letter: string): Command | undefined => byLetter.get(letter);
