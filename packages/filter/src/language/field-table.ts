import { entryZone, ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY, REPLY_DST, REPLY_SRC } from '@conntrack/flow/codec';
import { type Field, type FieldRow, fieldTable } from './field.js';
import { type FieldEvents, silent, told } from './field-events.js';
import { address, ageAt, type FieldReader, numbers, port, rateOf, sumOf } from './readers.js';
import { stateKey } from './state-key.js';

/** A part of a tuple that the kernel can compare in a dump. */
export type KernelTuplePart = 'src' | 'dst' | 'sport' | 'dport' | 'type' | 'code' | 'id';

/** The name of a condition that the kernel can compare in a dump (`KernelFilter` of `@conntrack/netlink`); for a tuple, with the part of it. */
export type KernelPlace =
  | readonly ['family' | 'protonum' | 'zone' | 'mark' | 'status']
  | readonly [tuple: 'original' | 'reply', part: KernelTuplePart];

/** What the table says about a field of conntrack's entries, beside what parsers and printers need. */
export interface FlowFieldFacts {
  /** How a cursor reads the field. Fields without a reader are read by their type: status bits, labels, NAT, `pair`. */
  readonly read?: FieldReader;
  /**
   * Where the kernel can compare one exact value of the field. Absent: the kernel cannot, and the field is never sent. For a word, `status`
   * means its status bits. `push-down.ts` of `@conntrack/netlink` decides which values may be sent.
   */
  readonly kernel?: KernelPlace;
  /** How events report the field. Absent: every event carries it, and it never changes. Checked on Linux 6.18 (ctnetlink_conntrack_event). */
  readonly events?: FieldEvents;
}

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
const RATE = { ...BYTES, unit: 'bytes a second', requires: 'rates', events: silent() } as const;
const SPAN = { type: 'duration', unit: 'seconds' } as const;
const TIME = { type: 'time', unit: 'milliseconds since 1970', max: 8.64e15, requires: 'timestamps' } as const;

/**
 * The field table: each field is one row.
 *
 * A field's type says how it is compared (`operatorsOf`) and printed (`formatNumber`). Its place in the JSON is the column of the same name
 * in `@conntrack/flow`, because text formats need it without the language. Its description is in `field-docs.ts`, because filtering does
 * not need it.
 */
const rows = {
  family: { type: 'family', values: ['ipv4', 'ipv6'], read: numbers(cursor => cursor.family()), kernel: ['family'] },
  proto: {
    type: 'protocol',
    aliases: ['protonum', 'protocol'],
    max: 255,
    read: numbers(cursor => cursor.protonum()),
    kernel: ['protonum'],
  },
  zone: { ...ZONE, read: numbers(entryZone), kernel: ['zone'] },
  src: {
    type: 'address',
    aliases: ['orig-src', 'orig.src', 'original.src'],
    read: address(ORIGINAL_SRC),
    kernel: ['original', 'src'],
  },
  dst: {
    type: 'address',
    aliases: ['orig-dst', 'orig.dst', 'original.dst'],
    read: address(ORIGINAL_DST),
    kernel: ['original', 'dst'],
  },
  sport: {
    ...PORT,
    aliases: ['orig-port-src', 'orig.sport', 'original.sport'],
    read: port(ORIGINAL_SRC),
    kernel: ['original', 'sport'],
  },
  dport: {
    ...PORT,
    aliases: ['orig-port-dst', 'orig.dport', 'original.dport'],
    read: port(ORIGINAL_DST),
    kernel: ['original', 'dport'],
  },
  'reply.src': { type: 'address', aliases: ['reply-src'], read: address(REPLY_SRC), kernel: ['reply', 'src'] },
  'reply.dst': { type: 'address', aliases: ['reply-dst'], read: address(REPLY_DST), kernel: ['reply', 'dst'] },
  'reply.sport': { ...PORT, aliases: ['reply-port-src'], read: port(REPLY_SRC), kernel: ['reply', 'sport'] },
  'reply.dport': { ...PORT, aliases: ['reply-port-dst'], read: port(REPLY_DST), kernel: ['reply', 'dport'] },
  addr: { type: 'address', aliases: ['address'], read: address(ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST) },
  port: { ...PORT, read: port(ORIGINAL_SRC, ORIGINAL_DST, REPLY_SRC, REPLY_DST) },
  pair: { type: 'pair' },
  state: {
    type: 'state',
    protocols: [6, 33, 132],
    read: numbers(cursor => stateKey(cursor.protonum(), cursor.state())),
    events: told(),
  },
  status: { type: 'status', kernel: ['status'], events: told('new', 'update', 'destroy') },
  mark: {
    ...MARK,
    read: numbers(cursor => cursor.mark()),
    kernel: ['mark'],
    events: { ...told('new', 'update', 'destroy'), zero: true },
  },
  // The kernel puts labels into `new` if the entry has any, and into `update` if they changed and some are left.
  label: { type: 'label', aliases: ['labels'], max: 127, events: told('new') },
  helper: { type: 'text', read: { text: cursor => cursor.helper() }, events: told('new', 'update') },
  secctx: { type: 'text', read: { text: cursor => cursor.secctx() }, events: told('new', 'update') },
  secmark: { ...MARK, read: numbers(cursor => cursor.secmark()), events: told() },
  timeout: {
    ...SPAN,
    max: U32,
    read: numbers(cursor => cursor.timeout()),
    events: silent('new', 'update'),
  },
  id: { ...NUMBER, read: numbers(cursor => cursor.id()) },
  use: { ...NUMBER, read: numbers(cursor => cursor.use()), events: silent() },
  bytes: { ...BYTES, read: numbers(sumOf((cursor, direction) => cursor.bytes(direction))), events: silent('destroy') },
  packets: {
    ...PACKETS,
    read: numbers(sumOf((cursor, direction) => cursor.packets(direction))),
    events: silent('destroy'),
  },
  'orig.bytes': {
    ...BYTES,
    aliases: ['original.bytes'],
    read: numbers(cursor => cursor.bytes(ORIGINAL)),
    events: silent('destroy'),
  },
  'reply.bytes': { ...BYTES, read: numbers(cursor => cursor.bytes(REPLY)), events: silent('destroy') },
  'orig.packets': {
    ...PACKETS,
    aliases: ['original.packets'],
    read: numbers(cursor => cursor.packets(ORIGINAL)),
    events: silent('destroy'),
  },
  'reply.packets': { ...PACKETS, read: numbers(cursor => cursor.packets(REPLY)), events: silent('destroy') },
  rate: { ...RATE, read: numbers(sumOf(rateOf)) },
  'orig.rate': { ...RATE, aliases: ['original.rate'], read: numbers(cursor => rateOf(cursor, ORIGINAL)) },
  'reply.rate': { ...RATE, read: numbers(cursor => rateOf(cursor, REPLY)) },
  'first-seen': {
    ...TIME,
    requires: 'index',
    read: numbers(cursor => cursor.firstSeen?.() ?? -1),
    events: { carried: [] },
  },
  age: { ...SPAN, max: EXACT, requires: 'timestamps', read: { at: ageAt }, events: silent('destroy') },
  start: { ...TIME, read: numbers(cursor => cursor.start()), events: { carried: ['destroy'] } },
  stop: { ...TIME, read: numbers(cursor => cursor.stop()) },
  nat: { type: 'name', values: ['src', 'dst', 'any', 'none'] },
  'src-nat': { type: 'nat' },
  'dst-nat': { type: 'nat' },
  'any-nat': { type: 'nat' },
  unreplied: {
    type: 'flag',
    status: { mask: 0x2, clear: true },
    kernel: ['status'],
    events: told('new', 'update', 'destroy'),
  },
  assured: { type: 'flag', status: { mask: 0x4 }, kernel: ['status'], events: told('new', 'update', 'destroy') },
  offload: { type: 'flag', status: { mask: 0xc000 }, events: silent('new', 'update', 'destroy') },
  'orig.zone': {
    ...ZONE,
    aliases: ['orig-zone', 'original.zone'],
    read: numbers(cursor => cursor.directionZone(ORIGINAL)),
  },
  'reply.zone': { ...ZONE, aliases: ['reply-zone'], read: numbers(cursor => cursor.directionZone(REPLY)) },
  'icmp.type': {
    ...ICMP,
    aliases: ['icmp-type', 'icmpv6-type'],
    read: numbers(cursor => cursor.icmpType(ORIGINAL)),
    kernel: ['original', 'type'],
  },
  'icmp.code': {
    ...ICMP,
    aliases: ['icmp-code', 'icmpv6-code'],
    read: numbers(cursor => cursor.icmpCode(ORIGINAL)),
    kernel: ['original', 'code'],
  },
  'icmp.id': {
    ...ICMP,
    aliases: ['icmp-id', 'icmpv6-id'],
    max: U16,
    read: numbers(cursor => cursor.icmpId(ORIGINAL)),
    kernel: ['original', 'id'],
  },
  'gre.srckey': {
    ...GRE_KEY,
    aliases: ['srckey', 'orig-key-src'],
    read: numbers(cursor => cursor.greKey(ORIGINAL_SRC)),
  },
  'gre.dstkey': {
    ...GRE_KEY,
    aliases: ['dstkey', 'orig-key-dst'],
    read: numbers(cursor => cursor.greKey(ORIGINAL_DST)),
  },
  'reply.gre.srckey': { ...GRE_KEY, aliases: ['reply-key-src'], read: numbers(cursor => cursor.greKey(REPLY_SRC)) },
  'reply.gre.dstkey': { ...GRE_KEY, aliases: ['reply-key-dst'], read: numbers(cursor => cursor.greKey(REPLY_DST)) },
  'sctp.vtag': {
    ...VTAG,
    read: numbers(
      cursor => cursor.vtag(ORIGINAL),
      cursor => cursor.vtag(REPLY),
    ),
    events: told(),
  },
  'orig.sctp.vtag': {
    ...VTAG,
    aliases: ['orig-vtag'],
    read: numbers(cursor => cursor.vtag(ORIGINAL)),
    events: told(),
  },
  'reply.sctp.vtag': {
    ...VTAG,
    aliases: ['reply-vtag'],
    read: numbers(cursor => cursor.vtag(REPLY)),
    events: told(),
  },
  'dccp.role': {
    type: 'enum',
    aliases: ['role'],
    values: ['client', 'server'],
    protocols: [33],
    read: numbers(cursor => cursor.role()),
    events: told(),
  },
  event: {
    type: 'enum',
    values: ['new', 'update', 'destroy'],
    requires: 'events',
    read: numbers(cursor => cursor.event()),
  },
  portid: { ...NUMBER, requires: 'events', read: numbers(cursor => cursor.portid()) },
  node: { type: 'text', requires: 'fleet', read: { text: cursor => cursor.node?.() } },
} as const satisfies Readonly<Record<string, FieldRow & FlowFieldFacts>>;

/** The canonical name of a field. */
export type FieldName = keyof typeof rows;

/** The fields of conntrack's entries and events: the default table of parsers and printers. */
export const FLOW_FIELDS = /* @__PURE__ */ fieldTable<FieldName, FlowFieldFacts>(rows);

/** A field of conntrack's entries and events. */
export type FlowField = Field<FieldName> & FlowFieldFacts;

/** Every field, in the order of the documentation. */
export const FIELDS: readonly FlowField[] = FLOW_FIELDS.fields;

/** Finds a field by its name or alias, case-insensitive; returns `undefined` if there is none. */
export const findField = (name: string): FlowField | undefined => FLOW_FIELDS.find(name);

/** Returns the field with a canonical name. */
export const fieldOf = (name: FieldName): FlowField => findField(name)!;
