import type { CommandLetter, Table } from './commands.js';

/** How an option takes its argument, as getopt(3) has it. */
export type Argument = 'none' | 'required' | 'optional';

/** What an argument means: how it is read, and what shells can complete. */
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

/** One option of conntrack(8) that is not a command. */
export interface Option {
  /** The short option, empty where there is none; brackets and angles are short options too, though no manual says so. */
  readonly letter: string;
  /** The name that messages use. */
  readonly long: string;
  readonly aliases?: readonly string[];
  readonly argument: Argument;
  readonly kind?: ValueKind;
  /**
   * Which commands take it, a column each, in the order of {@link COLUMNS}: `o` may, `!` must, `.` must not, `3` one of the pairs
   * `--src --dst` and `--reply-src --reply-dst` must be whole.
   */
  readonly commands: string;
  readonly help: string;
}

/** The columns of {@link Option.commands}: a command's letter, with `X` behind it on the expectation table. `A` is as `I`, `GX` as `DX`. */
export const COLUMNS = ['L', 'I', 'U', 'D', 'G', 'F', 'E', 'LX', 'IX', 'DX', 'EX', 'h'] as const;

const NOWHERE = '............';

/** The options in the order in which combinations are checked. */
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
    help: 'layer 4 protocol, by name or number',
  },
  {
    letter: 't',
    long: 'timeout',
    argument: 'required',
    kind: 'seconds',
    commands: '.!oo....!...',
    help: 'seconds until it expires',
  },
  {
    letter: 'u',
    long: 'status',
    argument: 'required',
    kind: 'status',
    commands: 'oooo....o...',
    help: 'status bits; !BIT for one that is not set',
  },
  {
    letter: 'z',
    long: 'zero',
    argument: 'none',
    commands: 'o...........',
    help: 'set the counters to zero as they are read',
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
    help: 'source address that is expected',
  },
  {
    letter: ']',
    long: 'tuple-dst',
    argument: 'required',
    kind: 'network',
    commands: '........!...',
    help: 'destination address that is expected',
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
    help: 'nothing any more',
  },
  {
    letter: 'm',
    long: 'mark',
    argument: 'required',
    kind: 'mark',
    commands: 'oooo..o.....',
    help: 'mark, with a mask behind a slash',
  },
  { letter: 'i', long: 'id', argument: 'required', kind: 'number', commands: '..ooo.......', help: 'the entry’s id' },
  { letter: 'f', long: 'family', argument: 'required', kind: 'family', commands: 'o.oo.ooo....', help: 'ipv4 or ipv6' },
  {
    letter: 'n',
    long: 'src-nat',
    argument: 'optional',
    kind: 'nat',
    commands: 'oooo..o.....',
    help: 'source NAT, to an address and port if given',
  },
  {
    letter: 'g',
    long: 'dst-nat',
    argument: 'optional',
    kind: 'nat',
    commands: 'oooo..o.....',
    help: 'destination NAT, to an address and port if given',
  },
  {
    letter: 'o',
    long: 'output',
    argument: 'required',
    kind: 'output',
    commands: 'o.ooo.oo..o.',
    help: 'what is printed, and how',
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
    help: 'bytes that the kernel keeps unread events in',
  },
  {
    letter: 'j',
    long: 'any-nat',
    argument: 'optional',
    kind: 'nat',
    commands: 'o.....o.....',
    help: 'NAT of either kind',
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
    help: 'labels that are all set',
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
    help: 'labels to clear; all of them unless told',
  },
  {
    letter: '(',
    long: 'orig-zone',
    argument: 'required',
    kind: 'zone',
    commands: 'oo.oo.o.....',
    help: 'zone of the original direction',
  },
  {
    letter: ')',
    long: 'reply-zone',
    argument: 'required',
    kind: 'zone',
    commands: 'oo.oo.o.....',
    help: 'zone of the reply direction',
  },
  {
    letter: '',
    long: 'labelmap',
    argument: 'required',
    kind: 'path',
    commands: 'o.ooo.o.....',
    help: 'file with the names of labels',
  },
];

const byLong = new Map(OPTIONS.map(option => [option.long, option]));

/** What an option's columns say of a command on a table: `.` also for those that take no options. */
export function ruleOf(commands: string, command: CommandLetter | undefined, table: Table): string {
  const letter = command === 'A' ? 'I' : command;
  const expect = letter === 'G' ? 'DX' : `${letter}X`;
  const names: readonly (string | undefined)[] = COLUMNS;
  return commands[names.indexOf(table === 'expect' && letter !== 'h' ? expect : letter)] ?? '.';
}

/** Long names as they are typed. */
export const longsOf = ({ long, aliases = [] }: { long: string; aliases?: readonly string[] | undefined }): string[] =>
  [long, ...aliases].map(name => `--${name}`);

/** An option as it is typed, in all its forms that a manual names. */
export const namesOf = (option: Option): string[] => [
  ...(/^[a-z]$/.test(option.letter) ? [`-${option.letter}`] : []),
  ...longsOf(option),
];

/** An option by the name that messages use. */
export const optionOf = (long: string): Option | undefined => byLong.get(long);
