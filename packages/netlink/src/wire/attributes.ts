import type { AttributeType } from './types.js';
import * as U from './uapi.js';

/** One attribute of the kernel's header files. */
export interface Attribute {
  readonly number: number;
  readonly name: string;
  readonly type: AttributeType;
  /** The field of the attribute in the object of its message or nest: `zone`, `seqadj.original`. */
  readonly field?: string;
  readonly nested?: readonly Attribute[];
}

/**
 * One row: everything that is known about an attribute. Decoder, encoder, JSON, debug lines and the search for unknown attributes are made
 * from it.
 */
const row = (
  name: `CTA_${string}`,
  number: number,
  type: AttributeType,
  more: string | readonly Attribute[] = [],
  nested: readonly Attribute[] | undefined = typeof more === 'string' ? undefined : more,
): Attribute => ({
  number,
  name,
  type,
  ...(typeof more === 'string' && { field: more }),
  ...(nested?.length && { nested }),
});

/** Addresses of a tuple. */
export const IP: readonly Attribute[] = [
  row('CTA_IP_V4_SRC', U.CTA_IP_V4_SRC, 'ipv4', 'src'),
  row('CTA_IP_V4_DST', U.CTA_IP_V4_DST, 'ipv4', 'dst'),
  row('CTA_IP_V6_SRC', U.CTA_IP_V6_SRC, 'ipv6', 'src'),
  row('CTA_IP_V6_DST', U.CTA_IP_V6_DST, 'ipv6', 'dst'),
];
/** The protocol-dependent parts of a tuple. */
export const PROTO: readonly Attribute[] = [
  row('CTA_PROTO_NUM', U.CTA_PROTO_NUM, 'u8', 'protonum'),
  row('CTA_PROTO_SRC_PORT', U.CTA_PROTO_SRC_PORT, 'u16', 'sport'),
  row('CTA_PROTO_DST_PORT', U.CTA_PROTO_DST_PORT, 'u16', 'dport'),
  row('CTA_PROTO_ICMP_ID', U.CTA_PROTO_ICMP_ID, 'u16', 'id'),
  row('CTA_PROTO_ICMP_TYPE', U.CTA_PROTO_ICMP_TYPE, 'u8', 'type'),
  row('CTA_PROTO_ICMP_CODE', U.CTA_PROTO_ICMP_CODE, 'u8', 'code'),
  row('CTA_PROTO_ICMPV6_ID', U.CTA_PROTO_ICMPV6_ID, 'u16', 'id'),
  row('CTA_PROTO_ICMPV6_TYPE', U.CTA_PROTO_ICMPV6_TYPE, 'u8', 'type'),
  row('CTA_PROTO_ICMPV6_CODE', U.CTA_PROTO_ICMPV6_CODE, 'u8', 'code'),
];
/** A tuple: addresses, the parts of its protocol, and the zone of one direction. */
export const TUPLE: readonly Attribute[] = [
  row('CTA_TUPLE_IP', U.CTA_TUPLE_IP, 'nest', IP),
  row('CTA_TUPLE_PROTO', U.CTA_TUPLE_PROTO, 'nest', PROTO),
  row('CTA_TUPLE_ZONE', U.CTA_TUPLE_ZONE, 'zone', 'zone'),
];
/** What TCP's tracker stores beside the state. */
export const TCP: readonly Attribute[] = [
  row('CTA_PROTOINFO_TCP_STATE', U.CTA_PROTOINFO_TCP_STATE, 'u8'),
  row('CTA_PROTOINFO_TCP_WSCALE_ORIGINAL', U.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, 'u8', 'wscale.original'),
  row('CTA_PROTOINFO_TCP_WSCALE_REPLY', U.CTA_PROTOINFO_TCP_WSCALE_REPLY, 'u8', 'wscale.reply'),
  row('CTA_PROTOINFO_TCP_FLAGS_ORIGINAL', U.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, 'tcpFlags', 'flags.original'),
  row('CTA_PROTOINFO_TCP_FLAGS_REPLY', U.CTA_PROTOINFO_TCP_FLAGS_REPLY, 'tcpFlags', 'flags.reply'),
];
export const DCCP: readonly Attribute[] = [
  row('CTA_PROTOINFO_DCCP_STATE', U.CTA_PROTOINFO_DCCP_STATE, 'u8'),
  row('CTA_PROTOINFO_DCCP_ROLE', U.CTA_PROTOINFO_DCCP_ROLE, 'role', 'role'),
  row('CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ', U.CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, 'u64', 'handshakeSeq'),
  row('CTA_PROTOINFO_DCCP_PAD', 4, 'pad'),
];
export const SCTP: readonly Attribute[] = [
  row('CTA_PROTOINFO_SCTP_STATE', U.CTA_PROTOINFO_SCTP_STATE, 'u8'),
  row('CTA_PROTOINFO_SCTP_VTAG_ORIGINAL', U.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, 'u32', 'vtag.original'),
  row('CTA_PROTOINFO_SCTP_VTAG_REPLY', U.CTA_PROTOINFO_SCTP_VTAG_REPLY, 'u32', 'vtag.reply'),
];
const PROTOINFO = [
  row('CTA_PROTOINFO_TCP', U.CTA_PROTOINFO_TCP, 'nest', TCP),
  row('CTA_PROTOINFO_DCCP', U.CTA_PROTOINFO_DCCP, 'nest', DCCP),
  row('CTA_PROTOINFO_SCTP', U.CTA_PROTOINFO_SCTP, 'nest', SCTP),
];
const COUNTERS = [
  row('CTA_COUNTERS_PACKETS', U.CTA_COUNTERS_PACKETS, 'u64', 'packets'),
  row('CTA_COUNTERS_BYTES', U.CTA_COUNTERS_BYTES, 'u64', 'bytes'),
  row('CTA_COUNTERS32_PACKETS', U.CTA_COUNTERS32_PACKETS, 'u32'),
  row('CTA_COUNTERS32_BYTES', U.CTA_COUNTERS32_BYTES, 'u32'),
  row('CTA_COUNTERS_PAD', 5, 'pad'),
];
const TIMESTAMP = [
  row('CTA_TIMESTAMP_START', U.CTA_TIMESTAMP_START, 'time', 'start'),
  row('CTA_TIMESTAMP_STOP', U.CTA_TIMESTAMP_STOP, 'time', 'stop'),
  row('CTA_TIMESTAMP_PAD', 3, 'pad'),
];
const PROTONAT = [
  row('CTA_PROTONAT_PORT_MIN', U.CTA_PROTONAT_PORT_MIN, 'u16'),
  row('CTA_PROTONAT_PORT_MAX', U.CTA_PROTONAT_PORT_MAX, 'u16'),
];
const NAT = [
  row('CTA_NAT_V4_MINIP', U.CTA_NAT_V4_MINIP, 'ipv4'),
  row('CTA_NAT_V4_MAXIP', U.CTA_NAT_V4_MAXIP, 'ipv4'),
  row('CTA_NAT_PROTO', U.CTA_NAT_PROTO, 'nest', PROTONAT),
  row('CTA_NAT_V6_MINIP', U.CTA_NAT_V6_MINIP, 'ipv6'),
  row('CTA_NAT_V6_MAXIP', U.CTA_NAT_V6_MAXIP, 'ipv6'),
];
const SEQADJ = [
  row('CTA_SEQADJ_CORRECTION_POS', 1, 'u32', 'correctionPos'),
  row('CTA_SEQADJ_OFFSET_BEFORE', 2, 'u32', 'offsetBefore'),
  row('CTA_SEQADJ_OFFSET_AFTER', 3, 'u32', 'offsetAfter'),
];
const SYNPROXY = [
  row('CTA_SYNPROXY_ISN', 1, 'u32', 'isn'),
  row('CTA_SYNPROXY_ITS', 2, 'u32', 'its'),
  row('CTA_SYNPROXY_TSOFF', 3, 'u32', 'tsoff'),
];
const HELP = [row('CTA_HELP_NAME', U.CTA_HELP_NAME, 'text', 'helper'), row('CTA_HELP_INFO', 2, 'bytes')];
const FILTER = [
  row('CTA_FILTER_ORIG_FLAGS', U.CTA_FILTER_ORIG_FLAGS, 'flags32'),
  row('CTA_FILTER_REPLY_FLAGS', U.CTA_FILTER_REPLY_FLAGS, 'flags32'),
];

/** The attributes of nearly every entry. Because entries are read by the million, `EntryReader` and `Layout` have code of their own for their places. */
const COMMON = [
  row('CTA_ID', U.CTA_ID, 'u32', 'id'),
  row('CTA_TUPLE_ORIG', U.CTA_TUPLE_ORIG, 'tuple', TUPLE),
  row('CTA_TUPLE_REPLY', U.CTA_TUPLE_REPLY, 'tuple', TUPLE),
  row('CTA_COUNTERS_ORIG', U.CTA_COUNTERS_ORIG, 'nest', 'original', COUNTERS),
  row('CTA_COUNTERS_REPLY', U.CTA_COUNTERS_REPLY, 'nest', 'reply', COUNTERS),
  row('CTA_PROTOINFO', U.CTA_PROTOINFO, 'nest', PROTOINFO),
  row('CTA_STATUS', U.CTA_STATUS, 'status', 'status'),
  row('CTA_TIMEOUT', U.CTA_TIMEOUT, 'u32', 'timeout'),
  row('CTA_MARK', U.CTA_MARK, 'u32', 'mark'),
  row('CTA_USE', U.CTA_USE, 'u32', 'use'),
];

/** The rare attributes, in the order of a flow's fields. They are read, written and shown only by these rows. */
export const RARE_ATTRIBUTES: readonly Attribute[] = [
  row('CTA_ZONE', U.CTA_ZONE, 'zone', 'zone'),
  row('CTA_LABELS', U.CTA_LABELS, 'labels', 'labels'),
  row('CTA_SECCTX', U.CTA_SECCTX, 'nest', [row('CTA_SECCTX_NAME', U.CTA_SECCTX_NAME, 'text', 'secctx')]),
  row('CTA_SECMARK', U.CTA_SECMARK, 'u32', 'secmark'),
  row('CTA_HELP', U.CTA_HELP, 'nest', HELP),
  row('CTA_TIMESTAMP', U.CTA_TIMESTAMP, 'nest', TIMESTAMP),
  row('CTA_SEQ_ADJ_ORIG', U.CTA_SEQ_ADJ_ORIG, 'nest', 'seqadj.original', SEQADJ),
  row('CTA_SEQ_ADJ_REPLY', U.CTA_SEQ_ADJ_REPLY, 'nest', 'seqadj.reply', SEQADJ),
  row('CTA_SYNPROXY', U.CTA_SYNPROXY, 'nest', 'synproxy', SYNPROXY),
  row('CTA_TUPLE_MASTER', U.CTA_TUPLE_MASTER, 'tuple', 'master', TUPLE),
  row('CTA_TIMESTAMP_EVENT', U.CTA_TIMESTAMP_EVENT, 'time'),
];

/** Attributes that occur only in requests. */
const REQUESTS = [
  row('CTA_NAT_SRC', U.CTA_NAT_SRC, 'nest', NAT),
  row('CTA_NAT_DST', U.CTA_NAT_DST, 'nest', NAT),
  row('CTA_MARK_MASK', U.CTA_MARK_MASK, 'u32'),
  row('CTA_STATUS_MASK', U.CTA_STATUS_MASK, 'u32'),
  row('CTA_LABELS_MASK', U.CTA_LABELS_MASK, 'labels'),
  row('CTA_FILTER', U.CTA_FILTER, 'nest', FILTER),
];

/** Every attribute that a conntrack message can have (enum ctattr_type), with all nested ones. */
export const CONNTRACK_ATTRIBUTES: readonly Attribute[] = [...COMMON, ...RARE_ATTRIBUTES, ...REQUESTS];

const EXPECT_NAT = [
  row('CTA_EXPECT_NAT_DIR', U.CTA_EXPECT_NAT_DIR, 'direction', 'direction'),
  row('CTA_EXPECT_NAT_TUPLE', U.CTA_EXPECT_NAT_TUPLE, 'tuple', 'tuple', TUPLE),
];

/** Every attribute that an expectation's message can have (enum ctattr_expect). */
export const EXPECTATION_ATTRIBUTES: readonly Attribute[] = [
  row('CTA_EXPECT_MASTER', U.CTA_EXPECT_MASTER, 'tuple', 'master', TUPLE),
  row('CTA_EXPECT_TUPLE', U.CTA_EXPECT_TUPLE, 'tuple', 'tuple', TUPLE),
  row('CTA_EXPECT_MASK', U.CTA_EXPECT_MASK, 'tuple', 'mask', TUPLE),
  row('CTA_EXPECT_TIMEOUT', 4, 'u32', 'timeout'),
  row('CTA_EXPECT_ID', U.CTA_EXPECT_ID, 'u32', 'id'),
  row('CTA_EXPECT_HELP_NAME', U.CTA_EXPECT_HELP_NAME, 'text', 'helper'),
  row('CTA_EXPECT_ZONE', U.CTA_EXPECT_ZONE, 'zone', 'zone'),
  row('CTA_EXPECT_FLAGS', 8, 'expectFlags', 'flags'),
  row('CTA_EXPECT_CLASS', 9, 'u32', 'class'),
  row('CTA_EXPECT_NAT', U.CTA_EXPECT_NAT, 'nest', 'nat', EXPECT_NAT),
  row('CTA_EXPECT_FN', 11, 'text', 'fn'),
];

/** Counters of one CPU (enum ctattr_stats_cpu). */
export const CPU_STATISTICS: readonly Attribute[] = [
  row('CTA_STATS_SEARCHED', 1, 'u32', 'searched'),
  row('CTA_STATS_FOUND', 2, 'u32', 'found'),
  row('CTA_STATS_NEW', 3, 'u32', 'new'),
  row('CTA_STATS_INVALID', 4, 'u32', 'invalid'),
  row('CTA_STATS_IGNORE', 5, 'u32', 'ignore'),
  row('CTA_STATS_DELETE', 6, 'u32', 'delete'),
  row('CTA_STATS_DELETE_LIST', 7, 'u32', 'deleteList'),
  row('CTA_STATS_INSERT', 8, 'u32', 'insert'),
  row('CTA_STATS_INSERT_FAILED', 9, 'u32', 'insertFailed'),
  row('CTA_STATS_DROP', 10, 'u32', 'drop'),
  row('CTA_STATS_EARLY_DROP', 11, 'u32', 'earlyDrop'),
  row('CTA_STATS_ERROR', 12, 'u32', 'error'),
  row('CTA_STATS_SEARCH_RESTART', 13, 'u32', 'searchRestart'),
  row('CTA_STATS_CLASH_RESOLVE', 14, 'u32', 'clashResolve'),
  row('CTA_STATS_CHAIN_TOOLONG', 15, 'u32', 'chainTooLong'),
];

/** Expectation counters of one CPU (enum ctattr_expect_stats). */
export const EXPECTATION_CPU_STATISTICS: readonly Attribute[] = [
  row('CTA_STATS_EXP_NEW', 1, 'u32', 'new'),
  row('CTA_STATS_EXP_CREATE', 2, 'u32', 'create'),
  row('CTA_STATS_EXP_DELETE', 3, 'u32', 'delete'),
];

/** The number of entries and its maximum (enum ctattr_stats_global). */
export const GLOBAL_STATISTICS: readonly Attribute[] = [
  row('CTA_STATS_GLOBAL_ENTRIES', 1, 'u32', 'count'),
  row('CTA_STATS_GLOBAL_MAX_ENTRIES', 2, 'u32', 'max'),
];
