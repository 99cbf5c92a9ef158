/** The field that an option of a protocol sets. */
export type Field = 'sport' | 'dport' | 'type' | 'code' | 'id' | 'srckey' | 'dstkey' | 'state' | 'role' | 'vtag';
/** The tuple of the field: of a direction, of the expected connection, or of its mask. */
export type Side = 'original' | 'reply' | 'tuple' | 'mask';

/** An option that a protocol adds. It always takes an argument. */
export interface ProtocolOption {
  /** The name for messages. */
  readonly long: string;
  readonly aliases?: readonly string[];
  readonly field: Field;
  readonly side: Side;
  /** Which commands take the option, in the columns of `COLUMNS`: `o` optional, `!` required, `.` not allowed. */
  readonly commands: string;
}

/** A protocol with options of its own. */
export interface Protocol {
  readonly name: string;
  readonly number: number;
  readonly options: readonly ProtocolOption[];
  /** The pairs of options that must be complete for a direction, as messages name them. */
  readonly pairs?: { readonly original: string; readonly reply: string };
}

const MAY = 'ooooo.o.oo..';
const TUPLE_ONLY = '........!...';

const pair = (
  [src, dst]: readonly [Field, Field],
  names: readonly [string, string],
  infix: string,
  tuple: string,
): readonly ProtocolOption[] => [
  { long: names[0], aliases: [`orig-${infix}-src`], field: src, side: 'original', commands: 'ooooo.o.!!..' },
  { long: names[1], aliases: [`orig-${infix}-dst`], field: dst, side: 'original', commands: 'ooooo.o.!!..' },
  { long: `reply-${infix}-src`, field: src, side: 'reply', commands: 'ooooo.o.o!..' },
  { long: `reply-${infix}-dst`, field: dst, side: 'reply', commands: 'ooooo.o.o!..' },
  { long: `mask-${infix}-src`, field: src, side: 'mask', commands: TUPLE_ONLY },
  { long: `mask-${infix}-dst`, field: dst, side: 'mask', commands: TUPLE_ONLY },
  { long: `tuple-${infix}-src`, field: src, side: 'tuple', commands: tuple },
  { long: `tuple-${infix}-dst`, field: dst, side: 'tuple', commands: tuple },
];
const ports = (tuple = TUPLE_ONLY): readonly ProtocolOption[] =>
  pair(['sport', 'dport'], ['sport', 'dport'], 'port', tuple);
const state: ProtocolOption = { long: 'state', field: 'state', side: 'original', commands: 'o!ooo.o.oo..' };
const WITH_CREATE = '.o......!...';
const icmp = (prefix: string): readonly ProtocolOption[] => [
  { long: `${prefix}-type`, field: 'type', side: 'original', commands: 'o!oo!.o.....' },
  { long: `${prefix}-code`, field: 'code', side: 'original', commands: 'o!oo!.o.....' },
  { long: `${prefix}-id`, field: 'id', side: 'original', commands: MAY.replace('oo..', '....') },
];

const PORT_PAIRS = { original: "`--sport' and `--dport'", reply: "`--reply-src-port' and `--reply-dst-port'" };

/** The protocols with options. Other protocols are accepted by their name in /etc/protocols, or by number. */
export const PROTOCOLS: readonly Protocol[] = [
  { name: 'tcp', number: 6, options: [...ports(WITH_CREATE), state], pairs: PORT_PAIRS },
  { name: 'udp', number: 17, options: ports(), pairs: PORT_PAIRS },
  { name: 'udplite', number: 136, options: ports(), pairs: PORT_PAIRS },
  {
    name: 'sctp',
    number: 132,
    options: [
      ...ports(WITH_CREATE),
      state,
      { long: 'orig-vtag', field: 'vtag', side: 'original', commands: '.!o.o...oo..' },
      { long: 'reply-vtag', field: 'vtag', side: 'reply', commands: '.!o.o...oo..' },
    ],
    pairs: PORT_PAIRS,
  },
  {
    name: 'dccp',
    number: 33,
    options: [
      ...ports(WITH_CREATE),
      state,
      { long: 'role', field: 'role', side: 'original', commands: '.!......oo..' },
    ],
    pairs: PORT_PAIRS,
  },
  { name: 'icmp', number: 1, options: icmp('icmp') },
  { name: 'icmpv6', number: 58, options: icmp('icmpv6') },
  {
    name: 'gre',
    number: 47,
    options: pair(['srckey', 'dstkey'], ['srckey', 'dstkey'], 'key', TUPLE_ONLY),
    pairs: { original: "`--srckey' and `--dstkey'", reply: "`--reply-src-key' and `--reply-dst-key'" },
  },
];

const byName = new Map(PROTOCOLS.map(protocol => [protocol.name, protocol]));

/** Finds a protocol by its name, in upper or lower case. */
export const protocolByName = (name: string): Protocol | undefined => byName.get(name.toLowerCase());
/** Finds a protocol by its number. */
export const protocolByNumber = (number: number): Protocol | undefined =>
  PROTOCOLS.find(protocol => protocol.number === number);
