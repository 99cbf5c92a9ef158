import type { Operator } from './operator.js';

/** How a field's values are written and compared. */
export type FieldType =
  | 'family'
  | 'protocol'
  | 'address'
  | 'pair'
  | 'port'
  | 'number'
  | 'hex'
  | 'size'
  | 'duration'
  | 'time'
  | 'state'
  | 'status'
  | 'label'
  | 'text'
  | 'enum'
  | 'name'
  | 'flag'
  | 'nat';

/** What a source may lack: each is a sysctl or a kind of source, see `REQUIREMENTS`. */
export type Requirement = 'accounting' | 'timestamps' | 'events';

/** One field of the language. Parser, printer, completer, JSON schema, docs and planner are made from these. */
export interface Field<Name extends string = FieldName> {
  /** The canonical name. */
  readonly name: Name;
  /** Other accepted names; conntrack(8)'s long options among them. */
  readonly aliases: readonly string[];
  readonly type: FieldType;
  /** One sentence for people. */
  readonly summary: string;
  /** Where the kernel says it (linux/netfilter/nfnetlink_conntrack.h), or what it is made from. */
  readonly source: string;
  /** Unit of its numbers in the AST. */
  readonly unit?: 'bytes' | 'packets' | 'seconds' | 'milliseconds since 1970';
  /** Largest number. */
  readonly max?: number;
  /** The names it takes, in kernel order where the AST has their number. */
  readonly values?: readonly string[];
  /** Protocols (IANA numbers) that have it; all when absent. */
  readonly protocols?: readonly number[];
  readonly requires?: Requirement;
  /** For a word: it holds when a known status has any of (or, with `clear`, none of) these bits. */
  readonly status?: { readonly mask: number; readonly clear?: true };
}

const PORTS = [6, 17, 33, 132, 136];
const ICMP = [1, 58];
const U16 = 0xffff;
const U32 = 0xffffffff;
const SAFE = Number.MAX_SAFE_INTEGER;

type Rest = Partial<Omit<Field<string>, 'name' | 'type' | 'source' | 'summary' | 'aliases'>>;
const field = <const Name extends string>(
  name: Name,
  aliases: string,
  type: FieldType,
  source: string,
  summary: string,
  rest?: Rest,
): Field<Name> => ({ name, aliases: aliases === '' ? [] : aliases.split(' '), type, source, summary, ...rest });

const port = { max: U16, protocols: PORTS };
const icmp = (max: number): Rest => ({ max, protocols: ICMP });
const key = { max: U16, protocols: [47] };
const vtag = { max: U32, protocols: [132] };
const counter = (unit: 'bytes' | 'packets'): Rest => ({ unit, max: SAFE, requires: 'accounting' });
const time = { unit: 'milliseconds since 1970', max: 8.64e15, requires: 'timestamps' } as const;

const table = [
  field('family', '', 'family', 'nfgen_family', 'IP version', { values: ['ipv4', 'ipv6'] }),
  field('proto', 'protonum protocol', 'protocol', 'CTA_PROTO_NUM', 'layer 4 protocol, by name or number', { max: 255 }),
  field('zone', '', 'number', 'CTA_ZONE', 'zone of both directions; 0 when none is set', { max: U16 }),
  field('src', 'orig-src orig.src original.src', 'address', 'CTA_TUPLE_ORIG', 'source address, original direction'),
  field(
    'dst',
    'orig-dst orig.dst original.dst',
    'address',
    'CTA_TUPLE_ORIG',
    'destination address, original direction',
  ),
  field(
    'sport',
    'orig-port-src orig.sport original.sport',
    'port',
    'CTA_TUPLE_ORIG',
    'source port, original direction',
    port,
  ),
  field(
    'dport',
    'orig-port-dst orig.dport original.dport',
    'port',
    'CTA_TUPLE_ORIG',
    'destination port, original direction',
    port,
  ),
  field('reply.src', 'reply-src', 'address', 'CTA_TUPLE_REPLY', 'source address of the answers'),
  field('reply.dst', 'reply-dst', 'address', 'CTA_TUPLE_REPLY', 'destination address of the answers'),
  field('reply.sport', 'reply-port-src', 'port', 'CTA_TUPLE_REPLY', 'source port of the answers', port),
  field('reply.dport', 'reply-port-dst', 'port', 'CTA_TUPLE_REPLY', 'destination port of the answers', port),
  field('addr', 'address', 'address', 'both tuples', 'any address: either end, either direction'),
  field('port', '', 'port', 'both tuples', 'any port: either end, either direction', port),
  field('pair', '', 'pair', 'both tuples', 'two addresses or networks, one at each end, either way round'),
  field('state', '', 'state', 'CTA_PROTOINFO', 'state of TCP, SCTP or DCCP, or a group of them', {
    protocols: [6, 33, 132],
  }),
  field('status', '', 'status', 'CTA_STATUS', 'status bits'),
  field('mark', '', 'hex', 'CTA_MARK', 'connection mark', { max: U32 }),
  field('label', 'labels', 'label', 'CTA_LABELS', 'connection labels, by name or bit', { max: 127 }),
  field('helper', '', 'text', 'CTA_HELP', 'name of the connection tracking helper'),
  field('secctx', '', 'text', 'CTA_SECCTX', 'security context'),
  field('secmark', '', 'hex', 'CTA_SECMARK', 'security mark of old kernels', { max: U32 }),
  field('timeout', '', 'duration', 'CTA_TIMEOUT', 'time until it expires without traffic', {
    unit: 'seconds',
    max: U32,
  }),
  field('id', '', 'number', 'CTA_ID', "the kernel's id", { max: U32 }),
  field('use', '', 'number', 'CTA_USE', 'references that the kernel holds', { max: U32 }),
  field('bytes', '', 'size', 'CTA_COUNTERS_ORIG + _REPLY', 'bytes of both directions', counter('bytes')),
  field('packets', '', 'size', 'CTA_COUNTERS_ORIG + _REPLY', 'packets of both directions', counter('packets')),
  field(
    'orig.bytes',
    'original.bytes',
    'size',
    'CTA_COUNTERS_ORIG',
    'bytes of the original direction',
    counter('bytes'),
  ),
  field('reply.bytes', '', 'size', 'CTA_COUNTERS_REPLY', 'bytes of the reply direction', counter('bytes')),
  field(
    'orig.packets',
    'original.packets',
    'size',
    'CTA_COUNTERS_ORIG',
    'packets of the original direction',
    counter('packets'),
  ),
  field('reply.packets', '', 'size', 'CTA_COUNTERS_REPLY', 'packets of the reply direction', counter('packets')),
  field('age', '', 'duration', 'CTA_TIMESTAMP', 'time since it began', {
    unit: 'seconds',
    max: SAFE,
    requires: 'timestamps',
  }),
  field('start', '', 'time', 'CTA_TIMESTAMP', 'when it began', time),
  field('stop', '', 'time', 'CTA_TIMESTAMP', 'when it ended', time),
  field('nat', '', 'name', 'both tuples, CTA_STATUS', 'what is translated', { values: ['src', 'dst', 'any', 'none'] }),
  field('src-nat', '', 'nat', 'both tuples, CTA_STATUS', 'source translated, to the given address and port if any'),
  field(
    'dst-nat',
    '',
    'nat',
    'both tuples, CTA_STATUS',
    'destination translated, to the given address and port if any',
  ),
  field(
    'any-nat',
    '',
    'nat',
    'both tuples, CTA_STATUS',
    'source or destination translated, to the given address and port if any',
  ),
  field('unreplied', '', 'flag', 'CTA_STATUS', 'no answer seen yet', { status: { mask: 0x2, clear: true } }),
  field('assured', '', 'flag', 'CTA_STATUS', 'traffic enough to survive early drop', { status: { mask: 0x4 } }),
  field('offload', '', 'flag', 'CTA_STATUS', 'in a flow table, of software or hardware', { status: { mask: 0xc000 } }),
  field('orig.zone', 'orig-zone original.zone', 'number', 'CTA_TUPLE_ZONE', 'zone of the original direction alone', {
    max: U16,
  }),
  field('reply.zone', 'reply-zone', 'number', 'CTA_TUPLE_ZONE', 'zone of the reply direction alone', { max: U16 }),
  field('icmp.type', 'icmp-type icmpv6-type', 'number', 'CTA_TUPLE_ORIG', 'ICMP or ICMPv6 type', icmp(255)),
  field('icmp.code', 'icmp-code icmpv6-code', 'number', 'CTA_TUPLE_ORIG', 'ICMP or ICMPv6 code', icmp(255)),
  field('icmp.id', 'icmp-id icmpv6-id', 'number', 'CTA_TUPLE_ORIG', 'ICMP or ICMPv6 identifier', icmp(U16)),
  field('gre.srckey', 'srckey orig-key-src', 'hex', 'CTA_TUPLE_ORIG', 'GRE source key, original direction', key),
  field('gre.dstkey', 'dstkey orig-key-dst', 'hex', 'CTA_TUPLE_ORIG', 'GRE destination key, original direction', key),
  field('reply.gre.srckey', 'reply-key-src', 'hex', 'CTA_TUPLE_REPLY', 'GRE source key of the answers', key),
  field('reply.gre.dstkey', 'reply-key-dst', 'hex', 'CTA_TUPLE_REPLY', 'GRE destination key of the answers', key),
  field('sctp.vtag', '', 'number', 'CTA_PROTOINFO_SCTP', 'SCTP verification tag of either direction', vtag),
  field(
    'orig.sctp.vtag',
    'orig-vtag',
    'number',
    'CTA_PROTOINFO_SCTP',
    'SCTP verification tag, original direction',
    vtag,
  ),
  field(
    'reply.sctp.vtag',
    'reply-vtag',
    'number',
    'CTA_PROTOINFO_SCTP',
    'SCTP verification tag, reply direction',
    vtag,
  ),
  field('dccp.role', 'role', 'enum', 'CTA_PROTOINFO_DCCP', 'what the original source is in DCCP', {
    values: ['client', 'server'],
    protocols: [33],
  }),
  field('event', '', 'enum', 'nlmsg_type', 'kind of event', {
    values: ['new', 'update', 'destroy'],
    requires: 'events',
  }),
  field('portid', '', 'number', 'nlmsg_pid', 'netlink port of the program that caused the event', {
    max: U32,
    requires: 'events',
  }),
] as const;

/** A field's canonical name. */
export type FieldName = (typeof table)[number]['name'];

/** Every field, in the order of documentation. */
export const FIELDS: readonly Field[] = table;

const byName = new Map<string, Field>();
for (const entry of FIELDS) for (const name of [entry.name, ...entry.aliases]) byName.set(name, entry);

/** A field by name or alias, case-insensitive; `undefined` when there is none. */
export const findField = (name: string): Field | undefined => byName.get(name) ?? byName.get(name.toLowerCase());

/** The field of a canonical name. */
export const fieldOf = (name: FieldName): Field => byName.get(name)!;

const EQ: readonly Operator[] = ['eq', 'exists'];
const SETS: readonly Operator[] = ['eq', 'all', 'exists'];
const ORDERED: readonly Operator[] = ['eq', 'gt', 'gte', 'lt', 'lte', 'exists'];
const operators: Partial<Record<FieldType, readonly Operator[]>> = {
  port: ORDERED,
  number: ORDERED,
  hex: ORDERED,
  size: ORDERED,
  duration: ORDERED,
  time: ORDERED,
  status: SETS,
  label: SETS,
  pair: ['eq'],
  flag: ['exists'],
};

/** The operators that a field takes; `eq` can be negated. */
export const operatorsOf = (field: Field): readonly Operator[] => operators[field.type] ?? EQ;

/** Whether a field stands for itself as a word: `unreplied`, `src-nat`. */
export const isWord = (field: Field): boolean => field.type === 'flag' || field.type === 'nat';

/** Every name and alias, for suggestions. */
export const fieldNames = (): string[] => FIELDS.flatMap(entry => [entry.name, ...entry.aliases]);
