/** What a protocol's half of a tuple holds: ports, ICMP's type, code and id, GRE's keys, or nothing. */
export type TupleKind = 'ports' | 'icmp' | 'keys' | 'none';

/** One layer 4 protocol. */
export interface Protocol {
  /** IANA number, as in the IP header. */
  readonly number: number;
  /** The name: conntrack(8)'s for the eight it knows, the lower-case IANA keyword otherwise. */
  readonly name: string;
  readonly kind: TupleKind;
  /** Whether conntrack(8) and /proc print this name (`unknown` otherwise). */
  readonly printed: boolean;
}

const tracked: readonly [number, string, TupleKind][] = [
  [1, 'icmp', 'icmp'],
  [6, 'tcp', 'ports'],
  [17, 'udp', 'ports'],
  [33, 'dccp', 'ports'],
  [47, 'gre', 'keys'],
  [58, 'icmpv6', 'icmp'],
  [132, 'sctp', 'ports'],
  [136, 'udplite', 'ports'],
];

// IANA's protocol numbers that the generic tracker meets in the field; the rest go by their number.
const others: readonly [number, string][] = [
  [0, 'hopopt'],
  [2, 'igmp'],
  [3, 'ggp'],
  [4, 'ipip'],
  [5, 'st'],
  [8, 'egp'],
  [9, 'igp'],
  [12, 'pup'],
  [20, 'hmp'],
  [22, 'xns-idp'],
  [27, 'rdp'],
  [29, 'iso-tp4'],
  [36, 'xtp'],
  [37, 'ddp'],
  [38, 'idpr-cmtp'],
  [41, 'ipv6'],
  [43, 'ipv6-route'],
  [44, 'ipv6-frag'],
  [45, 'idrp'],
  [46, 'rsvp'],
  [50, 'esp'],
  [51, 'ah'],
  [57, 'skip'],
  [59, 'ipv6-nonxt'],
  [60, 'ipv6-opts'],
  [73, 'rspf'],
  [81, 'vmtp'],
  [88, 'eigrp'],
  [89, 'ospf'],
  [93, 'ax.25'],
  [94, 'ipip-old'],
  [97, 'etherip'],
  [98, 'encap'],
  [103, 'pim'],
  [108, 'ipcomp'],
  [112, 'vrrp'],
  [115, 'l2tp'],
  [124, 'isis'],
  [133, 'fc'],
  [135, 'mobility-header'],
  [137, 'mpls-in-ip'],
  [138, 'manet'],
  [139, 'hip'],
  [140, 'shim6'],
  [141, 'wesp'],
  [142, 'rohc'],
];

/** Every protocol with a name here, by number. */
export const PROTOCOLS: readonly Protocol[] = [
  ...tracked.map(([number, name, kind]) => ({ number, name, kind, printed: true })),
  ...others.map(([number, name]) => ({ number, name, kind: 'none' as const, printed: false })),
].sort((one, other) => one.number - other.number);

const byNumber: readonly Protocol[] = Array.from(
  { length: 256 },
  (_, number) =>
    PROTOCOLS.find(protocol => protocol.number === number) ?? {
      number,
      name: String(number),
      kind: 'none',
      printed: false,
    },
);
const aliases: Readonly<Record<string, number>> = { 'ipv6-icmp': 58, icmp6: 58, 'udp-lite': 136 };
const byName = new Map<string, Protocol>([
  ...PROTOCOLS.map(protocol => [protocol.name, protocol] as const),
  ...Object.entries(aliases).map(([name, number]) => [name, byNumber[number]!] as const),
]);

/** The protocol of an IANA number, 0 to 255; one without a name is named by its number. */
export function protocolOf(number: number): Protocol {
  const protocol = byNumber[number];
  if (protocol === undefined) throw new RangeError(`protocol number ${number} is not in 0–255`);
  return protocol;
}

/** A protocol by name (case-insensitive) or decimal number in text; `undefined` when there is none. */
export function findProtocol(text: string): Protocol | undefined {
  const protocol = byName.get(text.toLowerCase());
  if (protocol !== undefined) return protocol;
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) < 256 ? byNumber[Number(text)] : undefined;
}

/** ICMP types that make an entry, each with the type of its answer (net/netfilter/nf_conntrack_proto_icmp.c): echo, timestamp, information, address mask. */
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
/** The same for ICMPv6: echo, node information. */
export const ICMPV6_REPLY: Readonly<Record<number, number>> = { 128: 129, 129: 128, 139: 140, 140: 139 };
