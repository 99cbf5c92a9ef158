import type { Operator } from './operators.js';

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

/** One field of the language. Parser, printer, completer, JSON schema, docs and planner are made from these; what is said of them to people is in `FIELD_DOCS`. */
export interface Field<Name extends string = FieldName> {
  /** The canonical name. */
  readonly name: Name;
  /** Other accepted names; conntrack(8)'s long options among them. */
  readonly aliases: readonly string[];
  readonly type: FieldType;
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

const U16 = 0xffff;
const U32 = 0xffffffff;
const SAFE = Number.MAX_SAFE_INTEGER;

type Rest = Partial<Omit<Field<string>, 'name' | 'type' | 'aliases'>>;

const port: Rest = { max: U16, protocols: [6, 17, 33, 132, 136] };
const icmp: Rest = { max: 255, protocols: [1, 58] };
const key: Rest = { max: U16, protocols: [47] };
const vtag: Rest = { max: U32, protocols: [132] };
const zone: Rest = { max: U16 };
const u32: Rest = { max: U32 };
const bytes: Rest = { unit: 'bytes', max: SAFE, requires: 'accounting' };
const packets: Rest = { ...bytes, unit: 'packets' };
const time: Rest = { unit: 'milliseconds since 1970', max: 8.64e15, requires: 'timestamps' };

/** For each name its type and its aliases as one text, and what else is known of it. Short, because browsers load it. */
const table = {
  family: ['family', { values: ['ipv4', 'ipv6'] }],
  proto: ['protocol protonum protocol', { max: 255 }],
  zone: ['number', zone],
  src: ['address orig-src orig.src original.src'],
  dst: ['address orig-dst orig.dst original.dst'],
  sport: ['port orig-port-src orig.sport original.sport', port],
  dport: ['port orig-port-dst orig.dport original.dport', port],
  'reply.src': ['address reply-src'],
  'reply.dst': ['address reply-dst'],
  'reply.sport': ['port reply-port-src', port],
  'reply.dport': ['port reply-port-dst', port],
  addr: ['address address'],
  port: ['port', port],
  pair: ['pair'],
  state: ['state', { protocols: [6, 33, 132] }],
  status: ['status'],
  mark: ['hex', u32],
  label: ['label labels', { max: 127 }],
  helper: ['text'],
  secctx: ['text'],
  secmark: ['hex', u32],
  timeout: ['duration', { unit: 'seconds', max: U32 }],
  id: ['number', u32],
  use: ['number', u32],
  bytes: ['size', bytes],
  packets: ['size', packets],
  'orig.bytes': ['size original.bytes', bytes],
  'reply.bytes': ['size', bytes],
  'orig.packets': ['size original.packets', packets],
  'reply.packets': ['size', packets],
  age: ['duration', { unit: 'seconds', max: SAFE, requires: 'timestamps' }],
  start: ['time', time],
  stop: ['time', time],
  nat: ['name', { values: ['src', 'dst', 'any', 'none'] }],
  'src-nat': ['nat'],
  'dst-nat': ['nat'],
  'any-nat': ['nat'],
  unreplied: ['flag', { status: { mask: 0x2, clear: true } }],
  assured: ['flag', { status: { mask: 0x4 } }],
  offload: ['flag', { status: { mask: 0xc000 } }],
  'orig.zone': ['number orig-zone original.zone', zone],
  'reply.zone': ['number reply-zone', zone],
  'icmp.type': ['number icmp-type icmpv6-type', icmp],
  'icmp.code': ['number icmp-code icmpv6-code', icmp],
  'icmp.id': ['number icmp-id icmpv6-id', { ...icmp, max: U16 }],
  'gre.srckey': ['hex srckey orig-key-src', key],
  'gre.dstkey': ['hex dstkey orig-key-dst', key],
  'reply.gre.srckey': ['hex reply-key-src', key],
  'reply.gre.dstkey': ['hex reply-key-dst', key],
  'sctp.vtag': ['number', vtag],
  'orig.sctp.vtag': ['number orig-vtag', vtag],
  'reply.sctp.vtag': ['number reply-vtag', vtag],
  'dccp.role': ['enum role', { values: ['client', 'server'], protocols: [33] }],
  event: ['enum', { values: ['new', 'update', 'destroy'], requires: 'events' }],
  portid: ['number', { max: U32, requires: 'events' }],
} satisfies Readonly<Record<string, readonly [typeAndAliases: string, rest?: Rest]>>;

/** A field's canonical name. */
export type FieldName = keyof typeof table;

/** Every field, in the order of documentation. */
export const FIELDS: readonly Field[] = Object.entries<readonly [string, Rest?]>(table).map(([name, [row, rest]]) => {
  const [type, ...aliases] = row.split(' ');
  return { name: name as FieldName, aliases, type: type as FieldType, ...rest };
});

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
