import type { CommandLetter, Table } from './commands.js';

/** How an option takes its argument, as in getopt(3). */
export type Argument = 'none' | 'required' | 'optional';

/** The meaning of an argument: how it is parsed, and what shells can complete. */
export type ValueKind =
  | 'address'
  | 'network'
  | 'nat'
  | 'protocol'
  | 'family'
  | 'seconds'
  | 'status'
  | 'output'
  | 'events'
  | 'mark'
  | 'number'
  | 'zone'
  | 'bytes'
  | 'labels'
  | 'path'
  | 'ignored';

/** An option of conntrack(8) that is not a command. */
export interface Option {
  /**
   * The short option; empty if there is none. Brackets and angle brackets are short options too, although the manual
   * does not mention them.
   */
  readonly letter: string;
  /** The name for messages. */
  readonly long: string;
  readonly aliases?: readonly string[];
  readonly argument: Argument;
  readonly kind?: ValueKind;
  /**
   * Which commands take the option: a column for each command, in the order of {@link COLUMNS}. `o`: optional, `!`:
   * required, `.`: not allowed, `3`: one of the pairs `--src --dst` and `--reply-src --reply-dst` must be complete.
   */
  readonly commands: string;
  readonly help: string;
}

/**
 * The columns of {@link Option.commands}: the letter of a command, followed by `X` for the expectation table. `A` has
 * the column of `I`, and `GX` that of `DX`.
 */
export const COLUMNS = ['L', 'I', 'U', 'D', 'G', 'F', 'E', 'LX', 'IX', 'DX', 'EX', 'h'] as const;

const NOWHERE = '............';

/** The options, in the order in which combinations are checked. */
export const OPTIONS: readonly Option[] = [
  {
    letter: 's',
    long: 'src',
    aliases: ['orig-src'],
    argument: 'required',
    kind: 'network',
    commands: 'o3oo3.o.!!..',
    help: 'source address of the original direction',
  },
  {
    letter: 'd',
    long: 'dst',
    aliases: ['orig-dst'],
    argument: 'required',
    kind: 'network',
    commands: 'o3oo3.o.!!..',
    help: 'destination address of the original direction',
  },
  {
    letter: 'r',
    long: 'reply-src',
    argument: 'required',
    kind: 'address',
    commands: 'o3oo3.o.oo..',
    help: 'source address of the reply direction',
  },
  {
    letter: 'q',
    long: 'reply-dst',
    argument: 'required',
    kind: 'address',
    commands: 'o3oo3.o.oo..',
    help: 'destination address of the reply direction',
  },
  {
    letter: 'p',
    long: 'protonum',
    argument: 'required',
    kind: 'protocol',
    commands: 'o!oo!.o.!!.o',
    help: 'layer 4 protocol, as name or number',
  },
  {
    letter: 't',
    long: 'timeout',
    argument: 'required',
    kind: 'seconds',
    commands: '.!oo....!...',
    help: 'timeout in seconds',
  },
  {
    letter: 'u',
    long: 'status',
    argument: 'required',
    kind: 'status',
    commands: 'oooo....o...',
    help: 'status bits; !BIT: the bit is not set',
  },
  {
    letter: 'z',
    long: 'zero',
    argument: 'none',
    commands: 'o...........',
    help: 'reset the counters after reading them',
  },
  {
    letter: 'e',
    long: 'event-mask',
    argument: 'required',
    kind: 'events',
    commands: '......o.....',
    help: 'which events',
  },
  {
    letter: '[',
    long: 'tuple-src',
    argument: 'required',
    kind: 'network',
    commands: '........!...',
    help: 'expected source address',
  },
  {
    letter: ']',
    long: 'tuple-dst',
    argument: 'required',
    kind: 'network',
    commands: '........!...',
    help: 'expected destination address',
  },
  {
    letter: '{',
    long: 'mask-src',
    argument: 'required',
    kind: 'address',
    commands: 'o.oo..o.!...',
    help: 'mask of the source address',
  },
  {
    letter: '}',
    long: 'mask-dst',
    argument: 'required',
    kind: 'address',
    commands: 'o.oo..o.!...',
    help: 'mask of the destination address',
  },
  {
    letter: 'a',
    long: 'nat-range',
    argument: 'required',
    kind: 'ignored',
    commands: NOWHERE,
    help: 'ignored (deprecated)',
  },
  {
    letter: 'm',
    long: 'mark',
    argument: 'required',
    kind: 'mark',
    commands: 'oooo..o.....',
    help: 'mark, optionally with a mask: MARK/MASK',
  },
  { letter: 'i', long: 'id', argument: 'required', kind: 'number', commands: '..ooo.......', help: 'id of the entry' },
  {
    letter: 'f',
    long: 'family',
    argument: 'required',
    kind: 'family',
    commands: 'o.oo.ooo....',
    help: 'address family: ipv4 or ipv6',
  },
  {
    letter: 'n',
    long: 'src-nat',
    argument: 'optional',
    kind: 'nat',
    commands: 'oooo..o.....',
    help: 'source NAT, optionally to this address and port',
  },
  {
    letter: 'g',
    long: 'dst-nat',
    argument: 'optional',
    kind: 'nat',
    commands: 'oooo..o.....',
    help: 'destination NAT, optionally to this address and port',
  },
  {
    letter: 'o',
    long: 'output',
    argument: 'required',
    kind: 'output',
    commands: 'o.ooo.oo..o.',
    help: 'output format and additional fields',
  },
  {
    letter: 'c',
    long: 'secmark',
    argument: 'required',
    kind: 'number',
    commands: 'o.....o.....',
    help: 'SELinux security mark',
  },
  {
    letter: 'b',
    long: 'buffer-size',
    argument: 'required',
    kind: 'bytes',
    commands: '......o.....',
    help: 'size of the buffer for unread events in bytes',
  },
  {
    letter: 'j',
    long: 'any-nat',
    argument: 'optional',
    kind: 'nat',
    commands: 'o.....o.....',
    help: 'source or destination NAT',
  },
  {
    letter: 'w',
    long: 'zone',
    argument: 'required',
    kind: 'zone',
    commands: 'oo.oo.o.....',
    help: 'zone of both directions',
  },
  {
    letter: 'l',
    long: 'label',
    argument: 'required',
    kind: 'labels',
    commands: 'o.ooo.o.....',
    help: 'labels that must all be set',
  },
  {
    letter: '<',
    long: 'label-add',
    argument: 'required',
    kind: 'labels',
    commands: '.oo.........',
    help: 'labels to set',
  },
  {
    letter: '>',
    long: 'label-del',
    argument: 'optional',
    kind: 'labels',
    commands: '..o.........',
    help: 'labels to clear (default: all)',
  },
  {
    letter: '(',
    long: 'orig-zone',
    argument: 'required',
    kind: 'zone',
    commands: 'oo.oo.o.....',
    help: 'zone of the original direction only',
  },
  {
    letter: ')',
    long: 'reply-zone',
    argument: 'required',
    kind: 'zone',
    commands: 'oo.oo.o.....',
    help: 'zone of the reply direction only',
  },
  {
    letter: '',
    long: 'labelmap',
    argument: 'required',
    kind: 'path',
    commands: 'o.ooo.o.....',
    help: 'file with label names',
  },
];

const byLong = new Map(OPTIONS.map(option => [option.long, option]));

/** The column of an option for a command on a table. `.` for tables whose commands take no options. */
export function ruleOf(commands: string, command: CommandLetter | undefined, table: Table): string {
  const letter = command === 'A' ? 'I' : command;
  const expect = letter === 'G' ? 'DX' : `${letter}X`;
  const names: readonly (string | undefined)[] = COLUMNS;
  return commands[names.indexOf(table === 'expect' && letter !== 'h' ? expect : letter)] ?? '.';
}

/** The long names as they are typed. */
export const longsOf = ({ long, aliases = [] }: { long: string; aliases?: readonly string[] | undefined }): string[] =>
  [long, ...aliases].map(name => `--${name}`);

/** An option in all its documented spellings. */
export const namesOf = (option: Option): string[] => [
  ...(/^[a-z]$/.test(option.letter) ? [`-${option.letter}`] : []),
  ...longsOf(option),
];

/** Finds an option by its name in messages. */
export const optionOf = (long: string): Option | undefined => byLong.get(long);
