import type { FieldName } from './field-table.js';

/** What is said of a field to people; its shape stands in `FIELDS`. */
export interface FieldDoc {
  /** Where the kernel says it (linux/netfilter/nfnetlink_conntrack.h), or what it is made from. */
  readonly source: string;
  /** One sentence for people. */
  readonly summary: string;
}

const doc = (source: string, summary: string): FieldDoc => ({ source, summary });

/** Every field in words, for documentation, completion and explanations. Apart from `FIELDS`, since filtering needs none of it. */
export const FIELD_DOCS: Readonly<Record<FieldName, FieldDoc>> = {
  family: doc('nfgen_family', 'IP version'),
  proto: doc('CTA_PROTO_NUM', 'layer 4 protocol, by name or number'),
  zone: doc('CTA_ZONE', 'zone of the entry, whether it holds for both directions or for one; 0 when none is set'),
  src: doc('CTA_TUPLE_ORIG', 'source address, original direction'),
  dst: doc('CTA_TUPLE_ORIG', 'destination address, original direction'),
  sport: doc('CTA_TUPLE_ORIG', 'source port, original direction'),
  dport: doc('CTA_TUPLE_ORIG', 'destination port, original direction'),
  'reply.src': doc('CTA_TUPLE_REPLY', 'source address of the answers'),
  'reply.dst': doc('CTA_TUPLE_REPLY', 'destination address of the answers'),
  'reply.sport': doc('CTA_TUPLE_REPLY', 'source port of the answers'),
  'reply.dport': doc('CTA_TUPLE_REPLY', 'destination port of the answers'),
  addr: doc('both tuples', 'any address: either end, either direction'),
  port: doc('both tuples', 'any port: either end, either direction'),
  pair: doc('both tuples', 'two addresses or networks, one at each end, either way round'),
  state: doc('CTA_PROTOINFO', 'state of TCP, SCTP or DCCP, or a group of them'),
  status: doc('CTA_STATUS', 'status bits'),
  mark: doc('CTA_MARK', 'connection mark'),
  label: doc('CTA_LABELS', 'connection labels, by name or bit'),
  helper: doc('CTA_HELP', 'name of the connection tracking helper'),
  secctx: doc('CTA_SECCTX', 'security context'),
  secmark: doc('CTA_SECMARK', 'security mark of old kernels'),
  timeout: doc('CTA_TIMEOUT', 'time until it expires without traffic'),
  id: doc('CTA_ID', "the kernel's id"),
  use: doc('CTA_USE', 'references that the kernel holds'),
  bytes: doc('CTA_COUNTERS_ORIG + _REPLY', 'bytes of both directions'),
  packets: doc('CTA_COUNTERS_ORIG + _REPLY', 'packets of both directions'),
  'orig.bytes': doc('CTA_COUNTERS_ORIG', 'bytes of the original direction'),
  'reply.bytes': doc('CTA_COUNTERS_REPLY', 'bytes of the reply direction'),
  'orig.packets': doc('CTA_COUNTERS_ORIG', 'packets of the original direction'),
  'reply.packets': doc('CTA_COUNTERS_REPLY', 'packets of the reply direction'),
  age: doc('CTA_TIMESTAMP', 'time since it began'),
  start: doc('CTA_TIMESTAMP', 'when it began'),
  stop: doc('CTA_TIMESTAMP', 'when it ended'),
  nat: doc('both tuples, CTA_STATUS', 'what is translated'),
  'src-nat': doc('both tuples, CTA_STATUS', 'source translated, to the given address and port if any'),
  'dst-nat': doc('both tuples, CTA_STATUS', 'destination translated, to the given address and port if any'),
  'any-nat': doc('both tuples, CTA_STATUS', 'source or destination translated, to the given address and port if any'),
  unreplied: doc('CTA_STATUS', 'no answer seen yet'),
  assured: doc('CTA_STATUS', 'traffic enough to survive early drop'),
  offload: doc('CTA_STATUS', 'in a flow table, of software or hardware'),
  'orig.zone': doc('CTA_TUPLE_ZONE', 'zone of the original direction alone'),
  'reply.zone': doc('CTA_TUPLE_ZONE', 'zone of the reply direction alone'),
  'icmp.type': doc('CTA_TUPLE_ORIG', 'ICMP or ICMPv6 type'),
  'icmp.code': doc('CTA_TUPLE_ORIG', 'ICMP or ICMPv6 code'),
  'icmp.id': doc('CTA_TUPLE_ORIG', 'ICMP or ICMPv6 identifier'),
  'gre.srckey': doc('CTA_TUPLE_ORIG', 'GRE source key, original direction'),
  'gre.dstkey': doc('CTA_TUPLE_ORIG', 'GRE destination key, original direction'),
  'reply.gre.srckey': doc('CTA_TUPLE_REPLY', 'GRE source key of the answers'),
  'reply.gre.dstkey': doc('CTA_TUPLE_REPLY', 'GRE destination key of the answers'),
  'sctp.vtag': doc('CTA_PROTOINFO_SCTP', 'SCTP verification tag of either direction'),
  'orig.sctp.vtag': doc('CTA_PROTOINFO_SCTP', 'SCTP verification tag, original direction'),
  'reply.sctp.vtag': doc('CTA_PROTOINFO_SCTP', 'SCTP verification tag, reply direction'),
  'dccp.role': doc('CTA_PROTOINFO_DCCP', 'what the original source is in DCCP'),
  event: doc('nlmsg_type', 'kind of event'),
  portid: doc('nlmsg_pid', 'netlink port of the program that caused the event'),
};
