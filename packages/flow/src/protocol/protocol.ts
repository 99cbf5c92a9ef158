import type { Tuple } from '../flow/flow.js';

/** The parts of a protocol's tuple beside the addresses: ports, ICMP's type, code and id, GRE's keys, or nothing. */
export type TupleKind = 'ports' | 'icmp' | 'keys' | 'none';

/** One layer 4 protocol. */
export interface Protocol {
  /** IANA number, as in the IP header. */
  readonly number: number;
  /** The name: conntrack(8)'s for the eight protocols that it knows, else the IANA keyword in lower case. */
  readonly name: string;
  /** The parts of the protocol's tuples beside the addresses. */
  readonly kind: TupleKind;
  /** Whether conntrack(8) and /proc print this name. They print `unknown` for other protocols. */
  readonly printed: boolean;
}

/** The protocols with their own tracker, and the tuple parts that it stores. conntrack(8) prints these protocols by name. */
const kinds: Readonly<Record<number, TupleKind>> = {
  1: 'icmp',
  6: 'ports',
  17: 'ports',
  33: 'ports',
  47: 'keys',
  58: 'icmp',
  132: 'ports',
  136: 'ports',
};

/** Names of the IANA protocol numbers in use, as in /etc/protocols. All others have only their number. */
const names: Readonly<Record<number, string>> = {
  0: 'hopopt',
  1: 'icmp',
  2: 'igmp',
  3: 'ggp',
  4: 'ipip',
  5: 'st',
  6: 'tcp',
  8: 'egp',
  9: 'igp',
  12: 'pup',
  17: 'udp',
  20: 'hmp',
  22: 'xns-idp',
  27: 'rdp',
  29: 'iso-tp4',
  33: 'dccp',
  36: 'xtp',
  37: 'ddp',
  38: 'idpr-cmtp',
  41: 'ipv6',
  43: 'ipv6-route',
  44: 'ipv6-frag',
  45: 'idrp',
  46: 'rsvp',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  57: 'skip',
  58: 'icmpv6',
  59: 'ipv6-nonxt',
  60: 'ipv6-opts',
  73: 'rspf',
  81: 'vmtp',
  88: 'eigrp',
  89: 'ospf',
  93: 'ax.25',
  94: 'ipip-old',
  97: 'etherip',
  98: 'encap',
  103: 'pim',
  108: 'ipcomp',
  112: 'vrrp',
  115: 'l2tp',
  124: 'isis',
  132: 'sctp',
  133: 'fc',
  135: 'mobility-header',
  136: 'udplite',
  137: 'mpls-in-ip',
  138: 'manet',
  139: 'hip',
  140: 'shim6',
  141: 'wesp',
  142: 'rohc',
};

const byNumber: readonly Protocol[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, number) => ({
  number,
  name: names[number] ?? String(number),
  kind: kinds[number] ?? 'none',
  printed: number in kinds,
}));

/** Every protocol that has a name here, in the order of their numbers. */
export const PROTOCOLS: readonly Protocol[] = /* @__PURE__ */ byNumber.filter(({ number }) => number in names);

const aliases: Readonly<Record<string, number | undefined>> = { 'ipv6-icmp': 58, icmp6: 58, 'udp-lite': 136 };
const byName: ReadonlyMap<string, Protocol> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ PROTOCOLS.map(protocol => [protocol.name, protocol]),
);

/** Returns the protocol of an IANA number, 0 to 255. A protocol without a name gets its number as its name. */
export function protocolOf(number: number): Protocol {
  const protocol = byNumber[number];
  if (protocol === undefined) throw new RangeError(`protocol number ${number} must be 0 to 255`);
  return protocol;
}

/** Finds a protocol by its name (case-insensitive) or its decimal number as text; returns `undefined` if there is none. */
export function findProtocol(text: string): Protocol | undefined {
  const name = text.toLowerCase();
  const number = aliases[name] ?? (/^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : -1);
  return byName.get(name) ?? byNumber[number];
}

/** The parts of a tuple beside its addresses, for each kind of protocol. */
export const TUPLE_FIELDS = {
  ports: ['sport', 'dport'],
  icmp: ['type', 'code', 'id'],
  keys: ['srckey', 'dstkey'],
  none: [],
} as const satisfies Readonly<Record<TupleKind, readonly (keyof Tuple)[]>>;

/**
 * GRE, DCCP, SCTP and UDP-Lite. A kernel without the tracker of one of them (DCCP's was removed in Linux 6.17) tells its connections apart
 * by addresses only: there, a tuple without ports is complete. A kernel with the tracker refuses such a tuple with EINVAL.
 */
export const MAY_BE_UNTRACKED: ReadonlySet<number> = /* @__PURE__ */ new Set([47, 33, 132, 136]);

/**
 * The ICMP types that create an entry, each with the type of its answer (net/netfilter/nf_conntrack_proto_icmp.c): echo, timestamp,
 * information, address mask.
 */
export const ICMP_REPLY: Readonly<Record<number, number>> = {
  8: 0,
  0: 8,
  13: 14,
  14: 13,
  15: 16,
  16: 15,
  17: 18,
  18: 17,
};
/** The ICMPv6 types that create an entry, each with the type of its answer: echo, node information. */
export const ICMPV6_REPLY: Readonly<Record<number, number>> = { 128: 129, 129: 128, 139: 140, 140: 139 };
