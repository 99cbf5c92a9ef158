import type { Tuple } from '../flow/flow.js';

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

/** What the trackers of their own keep in a tuple; these are the protocols that conntrack(8) prints by name. */
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

// IANA's protocol numbers that are met in the field; the rest go by their number. Each name has the number after that of the one
// before it, but where a number stands in front. One text, because browsers load it.
const text =
  'hopopt icmp igmp ggp ipip st tcp 8 egp igp 12 pup 17 udp 20 hmp 22 xns-idp 27 rdp 29 iso-tp4 33 dccp 36 ' +
  'xtp ddp idpr-cmtp 41 ipv6 43 ipv6-route ipv6-frag idrp rsvp gre 50 esp ah 57 skip icmpv6 ipv6-nonxt ' +
  'ipv6-opts 73 rspf 81 vmtp 88 eigrp ospf 93 ax.25 ipip-old 97 etherip encap 103 pim 108 ipcomp 112 vrrp 115 ' +
  'l2tp 124 isis 132 sctp fc 135 mobility-header udplite mpls-in-ip manet hip shim6 wesp rohc';

/** Every protocol with a name here, by number. */
export const PROTOCOLS: readonly Protocol[] = /* @__PURE__ */ namedProtocols();

function namedProtocols(): Protocol[] {
  const protocols: Protocol[] = [];
  let number = 0;
  for (const name of text.split(' ')) {
    if (/^\d+$/.test(name)) number = Number(name);
    else protocols.push({ number, name, kind: kinds[number] ?? 'none', printed: number++ in kinds });
  }
  return protocols;
}

const byNumber: readonly Protocol[] = /* @__PURE__ */ Array.from(
  { length: 256 },
  (_, number) =>
    PROTOCOLS.find(protocol => protocol.number === number) ?? {
      number,
      name: String(number),
      kind: 'none',
      printed: false,
    },
);
const aliases: Readonly<Record<string, number | undefined>> = { 'ipv6-icmp': 58, icmp6: 58, 'udp-lite': 136 };
const byName: ReadonlyMap<string, Protocol> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ PROTOCOLS.map(protocol => [protocol.name, protocol]),
);

/** The protocol of an IANA number, 0 to 255; one without a name is named by its number. */
export function protocolOf(number: number): Protocol {
  const protocol = byNumber[number];
  if (protocol === undefined) throw new RangeError(`protocol number ${number} must be 0 to 255`);
  return protocol;
}

/** A protocol by name (case-insensitive) or decimal number in text; `undefined` when there is none. */
export function findProtocol(text: string): Protocol | undefined {
  const name = text.toLowerCase();
  const number = aliases[name] ?? (/^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : -1);
  return byName.get(name) ?? byNumber[number];
}

/** What a tuple has beside its addresses, by the kind of its protocol. */
export const TUPLE_FIELDS = {
  ports: ['sport', 'dport'],
  icmp: ['type', 'code', 'id'],
  keys: ['srckey', 'dstkey'],
  none: [],
} as const satisfies Readonly<Record<TupleKind, readonly (keyof Tuple)[]>>;

/**
 * GRE, DCCP, SCTP, UDP-Lite. A kernel without their trackers (DCCP's is gone since Linux 6.16) tells their connections apart by addresses alone: there
 * a tuple without ports is complete. A kernel with the tracker answers it with EINVAL.
 */
export const MAY_BE_UNTRACKED: ReadonlySet<number> = /* @__PURE__ */ new Set([47, 33, 132, 136]);

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
