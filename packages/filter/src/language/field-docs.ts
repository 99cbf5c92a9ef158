import type { FieldName } from './field-table.js';

/** The documentation of a field. Its type and values are in `FIELDS`. */
export interface FieldDoc {
  /** The kernel attribute of the field (linux/netfilter/nfnetlink_conntrack.h), or what the field is made from. */
  readonly source: string;
  /** One sentence of description. */
  readonly summary: string;
}

const doc = (source: string, summary: string): FieldDoc => ({ source, summary });

/** The documentation of every field, for web pages, completion and explanations. Not part of `FIELDS`, because filtering does not need it. */
export const FIELD_DOCS: Readonly<Record<FieldName, FieldDoc>> = {
  family: doc('nfgen_family', 'IP version'),
  proto: doc('CTA_PROTO_NUM', 'layer 4 protocol, by name or number'),
  zone: doc('CTA_ZONE', 'zone of the entry, in both directions or in one; default: 0'),
  src: doc('CTA_TUPLE_ORIG', 'source address, original direction'),
  dst: doc('CTA_TUPLE_ORIG', 'destination address, original direction'),
  sport: doc('CTA_TUPLE_ORIG', 'source port, original direction'),
  dport: doc('CTA_TUPLE_ORIG', 'destination port, original direction'),
  'reply.src': doc('CTA_TUPLE_REPLY', 'source address of the reply direction'),
  'reply.dst': doc('CTA_TUPLE_REPLY', 'destination address of the reply direction'),
  'reply.sport': doc('CTA_TUPLE_REPLY', 'source port of the reply direction'),
  'reply.dport': doc('CTA_TUPLE_REPLY', 'destination port of the reply direction'),
  addr: doc('both tuples', 'any address: either end, either direction'),
  port: doc('both tuples', 'any port: either end, either direction'),
  pair: doc('both tuples', 'two addresses or networks, one at each end, in either order'),
  state: doc('CTA_PROTOINFO', 'state of TCP, SCTP or DCCP, or a group of them'),
  status: doc('CTA_STATUS', 'status bits'),
  mark: doc('CTA_MARK', 'connection mark'),
  label: doc('CTA_LABELS', 'connection labels, by name or bit'),
  helper: doc('CTA_HELP', 'name of the connection tracking helper'),
  secctx: doc('CTA_SECCTX', 'security context'),
  secmark: doc('CTA_SECMARK', 'security mark of old kernels'),
  timeout: doc('CTA_TIMEOUT', 'time until it expires without traffic'),
  id: doc('CTA_ID', "the kernel's id"),
  use: doc('CTA_USE', 'number of references in the kernel'),
  bytes: doc('CTA_COUNTERS_ORIG + _REPLY', 'bytes of both directions'),
  packets: doc('CTA_COUNTERS_ORIG + _REPLY', 'packets of both directions'),
  'orig.bytes': doc('CTA_COUNTERS_ORIG', 'bytes of the original direction'),
  'reply.bytes': doc('CTA_COUNTERS_REPLY', 'bytes of the reply direction'),
  'orig.packets': doc('CTA_COUNTERS_ORIG', 'packets of the original direction'),
  'reply.packets': doc('CTA_COUNTERS_REPLY', 'packets of the reply direction'),
  rate: doc('index', 'bytes a second of both directions, between the last two refreshes of counters'),
  'orig.rate': doc('index', 'bytes a second of the original direction'),
  'reply.rate': doc('index', 'bytes a second of the reply direction'),
  'first-seen': doc('index', 'when the index first saw the entry'),
  age: doc('CTA_TIMESTAMP', 'time since the start of the connection'),
  start: doc('CTA_TIMESTAMP', 'when it began'),
  stop: doc('CTA_TIMESTAMP', 'when it ended'),
  nat: doc('both tuples, CTA_STATUS', 'what is translated'),
  'src-nat': doc('both tuples, CTA_STATUS', 'source is translated; with a value: to this address and port'),
  'dst-nat': doc('both tuples, CTA_STATUS', 'destination is translated; with a value: to this address and port'),
  'any-nat': doc(
    'both tuples, CTA_STATUS',
    'source or destination is translated; with a value: to this address and port',
  ),
  unreplied: doc('CTA_STATUS', 'no reply seen yet'),
  assured: doc('CTA_STATUS', 'has enough traffic to survive early drop'),
  offload: doc('CTA_STATUS', 'in a flow table (software or hardware)'),
  'orig.zone': doc('CTA_TUPLE_ZONE', 'zone of the original direction only'),
  'reply.zone': doc('CTA_TUPLE_ZONE', 'zone of the reply direction only'),
  'icmp.type': doc('CTA_TUPLE_ORIG', 'ICMP or ICMPv6 type'),
  'icmp.code': doc('CTA_TUPLE_ORIG', 'ICMP or ICMPv6 code'),
  'icmp.id': doc('CTA_TUPLE_ORIG', 'ICMP or ICMPv6 identifier'),
  'gre.srckey': doc('CTA_TUPLE_ORIG', 'GRE source key, original direction'),
  'gre.dstkey': doc('CTA_TUPLE_ORIG', 'GRE destination key, original direction'),
  'reply.gre.srckey': doc('CTA_TUPLE_REPLY', 'GRE source key of the reply direction'),
  'reply.gre.dstkey': doc('CTA_TUPLE_REPLY', 'GRE destination key of the reply direction'),
  'sctp.vtag': doc('CTA_PROTOINFO_SCTP', 'SCTP verification tag of either direction'),
  'orig.sctp.vtag': doc('CTA_PROTOINFO_SCTP', 'SCTP verification tag, original direction'),
  'reply.sctp.vtag': doc('CTA_PROTOINFO_SCTP', 'SCTP verification tag, reply direction'),
  'dccp.role': doc('CTA_PROTOINFO_DCCP', 'role of the original source in DCCP'),
  event: doc('nlmsg_type', 'kind of event'),
  portid: doc('nlmsg_pid', 'netlink port of the program that caused the event'),
  node: doc('the inventory of the fleet', 'host of a fleet that tracks the connection'),
};
