import { type Field, type FieldRow, fieldTable } from './field.js';

const U16 = 0xffff;
const U32 = 0xffffffff;
const EXACT = Number.MAX_SAFE_INTEGER;

const PORT = { type: 'port', max: U16, protocols: [6, 17, 33, 132, 136] } as const;
const ZONE = { type: 'number', min: 1, max: U16 } as const;
const NUMBER = { type: 'number', max: U32 } as const;
const MARK = { type: 'hex', max: U32 } as const;
const ICMP = { type: 'number', max: 255, protocols: [1, 58] } as const;
const GRE_KEY = { type: 'hex', max: U16, protocols: [47] } as const;
const VTAG = { ...NUMBER, protocols: [132] } as const;
const BYTES = { type: 'size', unit: 'bytes', max: EXACT, requires: 'accounting' } as const;
const PACKETS = { ...BYTES, unit: 'packets' } as const;
const SPAN = { type: 'duration', unit: 'seconds' } as const;
const TIME = { type: 'time', unit: 'milliseconds since 1970', max: 8.64e15, requires: 'timestamps' } as const;

/**
 * The field table. A field is one row here, and one in each of its facets, which the compiler asks for: how a cursor reads it in `field-readers.ts`,
 * its words for people in `field-docs.ts`. What events carry stands in `field-events.ts` (fields that are not there are in every event), its
 * place in the JSON in `COLUMNS` of `@conntrack/flow`. Facets are files of their own, since a page loads what it uses.
 */
const rows = {
  family: { type: 'family', values: ['ipv4', 'ipv6'] },
  proto: { type: 'protocol', aliases: ['protonum', 'protocol'], max: 255 },
  zone: ZONE,
  src: { type: 'address', aliases: ['orig-src', 'orig.src', 'original.src'] },
  dst: { type: 'address', aliases: ['orig-dst', 'orig.dst', 'original.dst'] },
  sport: { ...PORT, aliases: ['orig-port-src', 'orig.sport', 'original.sport'] },
  dport: { ...PORT, aliases: ['orig-port-dst', 'orig.dport', 'original.dport'] },
  'reply.src': { type: 'address', aliases: ['reply-src'] },
  'reply.dst': { type: 'address', aliases: ['reply-dst'] },
  'reply.sport': { ...PORT, aliases: ['reply-port-src'] },
  'reply.dport': { ...PORT, aliases: ['reply-port-dst'] },
  addr: { type: 'address', aliases: ['address'] },
  port: PORT,
  pair: { type: 'pair' },
  state: { type: 'state', protocols: [6, 33, 132] },
  status: { type: 'status' },
  mark: MARK,
  label: { type: 'label', aliases: ['labels'], max: 127 },
  helper: { type: 'text' },
  secctx: { type: 'text' },
  secmark: MARK,
  timeout: { ...SPAN, max: U32 },
  id: NUMBER,
  use: NUMBER,
  bytes: BYTES,
  packets: PACKETS,
  'orig.bytes': { ...BYTES, aliases: ['original.bytes'] },
  'reply.bytes': BYTES,
  'orig.packets': { ...PACKETS, aliases: ['original.packets'] },
  'reply.packets': PACKETS,
  age: { ...SPAN, max: EXACT, requires: 'timestamps' },
  start: TIME,
  stop: TIME,
  nat: { type: 'name', values: ['src', 'dst', 'any', 'none'] },
  'src-nat': { type: 'nat' },
  'dst-nat': { type: 'nat' },
  'any-nat': { type: 'nat' },
  unreplied: { type: 'flag', status: { mask: 0x2, clear: true } },
  assured: { type: 'flag', status: { mask: 0x4 } },
  offload: { type: 'flag', status: { mask: 0xc000 } },
  'orig.zone': { ...ZONE, aliases: ['orig-zone', 'original.zone'] },
  'reply.zone': { ...ZONE, aliases: ['reply-zone'] },
  'icmp.type': { ...ICMP, aliases: ['icmp-type', 'icmpv6-type'] },
  'icmp.code': { ...ICMP, aliases: ['icmp-code', 'icmpv6-code'] },
  'icmp.id': { ...ICMP, aliases: ['icmp-id', 'icmpv6-id'], max: U16 },
  'gre.srckey': { ...GRE_KEY, aliases: ['srckey', 'orig-key-src'] },
  'gre.dstkey': { ...GRE_KEY, aliases: ['dstkey', 'orig-key-dst'] },
  'reply.gre.srckey': { ...GRE_KEY, aliases: ['reply-key-src'] },
  'reply.gre.dstkey': { ...GRE_KEY, aliases: ['reply-key-dst'] },
  'sctp.vtag': VTAG,
  'orig.sctp.vtag': { ...VTAG, aliases: ['orig-vtag'] },
  'reply.sctp.vtag': { ...VTAG, aliases: ['reply-vtag'] },
  'dccp.role': { type: 'enum', aliases: ['role'], values: ['client', 'server'], protocols: [33] },
  event: { type: 'enum', values: ['new', 'update', 'destroy'], requires: 'events' },
  portid: { ...NUMBER, requires: 'events' },
} as const satisfies Readonly<Record<string, FieldRow>>;

/** A field's canonical name. */
export type FieldName = keyof typeof rows;

/** The fields of conntrack's entries and events: what a text is about where no other table is given. */
export const FLOW_FIELDS = /* @__PURE__ */ fieldTable<FieldName>(rows);

/** A field of conntrack's entries and events. */
export type FlowField = Field<FieldName>;

/** Every field, in the order of documentation. */
export const FIELDS: readonly FlowField[] = FLOW_FIELDS.fields;

/** A field by name or alias, case-insensitive; `undefined` when there is none. */
export const findField = (name: string): FlowField | undefined => FLOW_FIELDS.find(name);

/** The field of a canonical name. */
export const fieldOf = (name: FieldName): FlowField => findField(name)!;
