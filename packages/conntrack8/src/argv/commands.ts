/** A table of the kernel, as the command line names it. */
export type Table = 'conntrack' | 'expect' | 'dying' | 'unconfirmed';

/** The tables in the order in which an abbreviated name is looked up. An empty name means `expect`. */
export const TABLES: readonly Table[] = ['expect', 'conntrack', 'dying', 'unconfirmed'];

/** A command of conntrack(8). */
export interface Command {
  readonly letter: CommandLetter;
  readonly long: string;
  /** The supported tables; the first is the default. */
  readonly tables: readonly Table[];
  readonly help: string;
}

/** The short option of a command. */
export type CommandLetter = 'L' | 'G' | 'D' | 'I' | 'A' | 'U' | 'E' | 'F' | 'C' | 'S' | 'V' | 'h';

const BOTH: readonly Table[] = ['conntrack', 'expect'];

/** The commands. `--load-file` is not among them: it is recognized as the first word only. */
export const COMMANDS: readonly Command[] = [
  { letter: 'L', long: 'dump', tables: [...BOTH, 'dying', 'unconfirmed'], help: 'list the entries of a table' },
  { letter: 'G', long: 'get', tables: BOTH, help: 'show the entry with this tuple' },
  { letter: 'D', long: 'delete', tables: BOTH, help: 'delete all matching entries' },
  { letter: 'I', long: 'create', tables: BOTH, help: 'create an entry; fails if it exists' },
  { letter: 'A', long: 'add', tables: ['conntrack'], help: 'create an entry, or change the existing one' },
  { letter: 'U', long: 'update', tables: ['conntrack'], help: 'change all matching entries' },
  { letter: 'E', long: 'event', tables: BOTH, help: 'show events when they happen' },
  { letter: 'F', long: 'flush', tables: BOTH, help: 'delete all entries of a table' },
  { letter: 'C', long: 'counter', tables: BOTH, help: 'show the number of entries' },
  { letter: 'S', long: 'stats', tables: BOTH, help: 'show the counters of each CPU' },
  { letter: 'V', long: 'version', tables: BOTH, help: 'show the version' },
  { letter: 'h', long: 'help', tables: BOTH, help: 'show this help; with -p also the options of a protocol' },
];

const byLetter = new Map<string, Command>(COMMANDS.map(command => [command.letter, command]));

/** Finds a command by its letter. */
export const commandOf = (letter: string): Command | undefined => byLetter.get(letter);
