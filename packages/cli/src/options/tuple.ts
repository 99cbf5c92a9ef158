import { type Family, protocolOf, type Tuple } from '@conntrack/flow';
import type { Command } from 'commander';
import { UsageError } from '../process/usage-error.js';
import { address } from './values/addresses.js';
import { protocolNumber } from './values/names.js';
import { integer, integer16 } from './values/numbers.js';

/** A tuple as the command line has it: text, all parts optional. */
export interface TupleOptions {
  src?: string;
  dst?: string;
  proto?: string;
  sport?: string;
  dport?: string;
  icmpType?: string;
  icmpCode?: string;
  icmpId?: string;
  srckey?: string;
  dstkey?: string;
  zone?: string;
}

/** The options of a tuple, named like those of conntrack(8). */
const TUPLE_OPTIONS: readonly (readonly [flags: string, description: string])[] = [
  ['-p, --proto <protocol>', 'layer 4 protocol, as name or number'],
  ['-s, --src <address>', 'source address'],
  ['-d, --dst <address>', 'destination address'],
  ['--sport <port>', 'source port'],
  ['--dport <port>', 'destination port'],
  ['--icmp-type <number>', 'ICMP type (default: echo request)'],
  ['--icmp-code <number>', 'ICMP code (default: 0)'],
  ['--icmp-id <number>', 'ICMP identifier (default: 0)'],
  ['--srckey <key>', 'GRE key of the source'],
  ['--dstkey <key>', 'GRE key of the destination'],
  ['-w, --zone <number>', 'zone of both directions'],
];

/** Other names of these options in conntrack(8). */
const ALIASES: Readonly<Record<string, string>> = {
  '--orig-src': '--src',
  '--orig-dst': '--dst',
  '--protonum': '--proto',
  '--orig-port-src': '--sport',
  '--orig-port-dst': '--dport',
  '--icmpv6-type': '--icmp-type',
  '--icmpv6-code': '--icmp-code',
  '--icmpv6-id': '--icmp-id',
  '--orig-key-src': '--srckey',
  '--orig-key-dst': '--dstkey',
};

/** Replaces other option names of conntrack(8) on a command line. */
export function withCanonicalNames(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, i) => {
    if (end >= 0 && i > end) return word;
    const [name, ...value] = word.split('=');
    const canonical = ALIASES[name!];
    return canonical === undefined ? word : [canonical, ...value].join('=');
  });
}

/** Adds the options of a tuple to a command. */
export function withTupleOptions(command: Command): Command {
  for (const [flags, description] of TUPLE_OPTIONS) command.option(flags, description);
  return command;
}

/** Whether any part of a tuple was given. */
export const hasTuple = (options: TupleOptions): boolean =>
  (['proto', 'src', 'dst', 'sport', 'dport', 'icmpType', 'icmpCode', 'icmpId', 'srckey', 'dstkey'] as const).some(
    name => options[name] !== undefined,
  );

/** The options of each kind of protocol. */
const KIND_OPTIONS = {
  ports: ['sport', 'dport'],
  icmp: ['icmpType', 'icmpCode', 'icmpId'],
  keys: ['srckey', 'dstkey'],
  none: [],
} as const satisfies Record<string, readonly (keyof TupleOptions)[]>;

const optionName = (name: string): string => `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;

/** The complete tuple. Only the fields of an ICMP echo request have defaults. @throws UsageError */
export function tupleOf(options: TupleOptions): { family: Family; protonum: number; tuple: Tuple; zone?: number } {
  const missing = (['proto', 'src', 'dst'] as const).filter(name => options[name] === undefined);
  if (missing.length > 0)
    throw new UsageError(`a tuple requires --proto, --src and --dst; ${missing.map(optionName).join(' and ')} missing`);
  const protonum = protocolNumber(options.proto!);
  const src = address(options.src!, '--src');
  const dst = address(options.dst!, '--dst');
  if (src.family !== dst.family)
    throw new UsageError(`--src is an ${src.family} address, but --dst is an ${dst.family} address`);
  const tuple: Tuple = { src: src.text, dst: dst.text };
  const { kind, name } = protocolOf(protonum);
  for (const [other, names] of Object.entries(KIND_OPTIONS))
    for (const option of names)
      if (other !== kind && options[option] !== undefined)
        throw new UsageError(`${optionName(option)} is not valid for protocol ${name}`);
  const need = (...names: readonly (keyof TupleOptions)[]): void => {
    const absent = names.filter(option => options[option] === undefined);
    if (absent.length > 0)
      throw new UsageError(
        `protocol ${name} requires ${names.map(optionName).join(' and ')}; ${absent.map(optionName).join(' and ')} missing`,
      );
  };
  if (kind === 'ports') {
    need('sport', 'dport');
    tuple.sport = integer16(options.sport!, '--sport');
    tuple.dport = integer16(options.dport!, '--dport');
  } else if (kind === 'icmp') {
    tuple.type = integer(options.icmpType ?? (protonum === 58 ? '128' : '8'), '--icmp-type', 255);
    tuple.code = integer(options.icmpCode ?? '0', '--icmp-code', 255);
    tuple.id = integer16(options.icmpId ?? '0', '--icmp-id');
  } else if (kind === 'keys') {
    need('srckey', 'dstkey');
    tuple.srckey = integer16(options.srckey!, '--srckey');
    tuple.dstkey = integer16(options.dstkey!, '--dstkey');
  }
  const zone = options.zone === undefined ? 0 : integer16(options.zone, '--zone');
  return { family: src.family, protonum, tuple, ...(zone !== 0 && { zone }) };
}
