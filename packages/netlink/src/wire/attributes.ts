import * as U from './uapi.js';

/** How an attribute's payload is read; numbers in network byte order but for `flags32`, which is the host's. */
export type AttributeType =
  | 'nest'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'ipv4'
  | 'ipv6'
  | 'text'
  | 'bytes'
  | 'flags32'
  | 'pad';

/** One attribute of the kernel's header. */
export interface Attribute {
  readonly number: number;
  readonly name: string;
  readonly type: AttributeType;
  readonly nested?: readonly Attribute[];
}

const row = (name: keyof typeof U, number: number, type: AttributeType, nested?: readonly Attribute[]): Attribute => ({
  number,
  name,
  type,
  ...(nested && { nested }),
});

const IP = [
  row('CTA_IP_V4_SRC', U.CTA_IP_V4_SRC, 'ipv4'),
  row('CTA_IP_V4_DST', U.CTA_IP_V4_DST, 'ipv4'),
  row('CTA_IP_V6_SRC', U.CTA_IP_V6_SRC, 'ipv6'),
  row('CTA_IP_V6_DST', U.CTA_IP_V6_DST, 'ipv6'),
];
const PROTO = [
  row('CTA_PROTO_NUM', U.CTA_PROTO_NUM, 'u8'),
  row('CTA_PROTO_SRC_PORT', U.CTA_PROTO_SRC_PORT, 'u16'),
  row('CTA_PROTO_DST_PORT', U.CTA_PROTO_DST_PORT, 'u16'),
  row('CTA_PROTO_ICMP_ID', U.CTA_PROTO_ICMP_ID, 'u16'),
  row('CTA_PROTO_ICMP_TYPE', U.CTA_PROTO_ICMP_TYPE, 'u8'),
  row('CTA_PROTO_ICMP_CODE', U.CTA_PROTO_ICMP_CODE, 'u8'),
  row('CTA_PROTO_ICMPV6_ID', U.CTA_PROTO_ICMPV6_ID, 'u16'),
  row('CTA_PROTO_ICMPV6_TYPE', U.CTA_PROTO_ICMPV6_TYPE, 'u8'),
  row('CTA_PROTO_ICMPV6_CODE', U.CTA_PROTO_ICMPV6_CODE, 'u8'),
];
const TUPLE = [
  row('CTA_TUPLE_IP', U.CTA_TUPLE_IP, 'nest', IP),
  row('CTA_TUPLE_PROTO', U.CTA_TUPLE_PROTO, 'nest', PROTO),
  row('CTA_TUPLE_ZONE', U.CTA_TUPLE_ZONE, 'u16'),
];
const TCP = [
  row('CTA_PROTOINFO_TCP_STATE', U.CTA_PROTOINFO_TCP_STATE, 'u8'),
  row('CTA_PROTOINFO_TCP_WSCALE_ORIGINAL', U.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, 'u8'),
  row('CTA_PROTOINFO_TCP_WSCALE_REPLY', U.CTA_PROTOINFO_TCP_WSCALE_REPLY, 'u8'),
  row('CTA_PROTOINFO_TCP_FLAGS_ORIGINAL', U.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, 'bytes'),
  row('CTA_PROTOINFO_TCP_FLAGS_REPLY', U.CTA_PROTOINFO_TCP_FLAGS_REPLY, 'bytes'),
];
const DCCP = [
  row('CTA_PROTOINFO_DCCP_STATE', U.CTA_PROTOINFO_DCCP_STATE, 'u8'),
  row('CTA_PROTOINFO_DCCP_ROLE', U.CTA_PROTOINFO_DCCP_ROLE, 'u8'),
  row('CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ', U.CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, 'u64'),
  row('CTA_PROTOINFO_DCCP_PAD', U.CTA_PROTOINFO_DCCP_PAD, 'pad'),
];
const SCTP = [
  row('CTA_PROTOINFO_SCTP_STATE', U.CTA_PROTOINFO_SCTP_STATE, 'u8'),
  row('CTA_PROTOINFO_SCTP_VTAG_ORIGINAL', U.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, 'u32'),
  row('CTA_PROTOINFO_SCTP_VTAG_REPLY', U.CTA_PROTOINFO_SCTP_VTAG_REPLY, 'u32'),
];
const PROTOINFO = [
  row('CTA_PROTOINFO_TCP', U.CTA_PROTOINFO_TCP, 'nest', TCP),
  row('CTA_PROTOINFO_DCCP', U.CTA_PROTOINFO_DCCP, 'nest', DCCP),
  row('CTA_PROTOINFO_SCTP', U.CTA_PROTOINFO_SCTP, 'nest', SCTP),
];
const COUNTERS = [
  row('CTA_COUNTERS_PACKETS', U.CTA_COUNTERS_PACKETS, 'u64'),
  row('CTA_COUNTERS_BYTES', U.CTA_COUNTERS_BYTES, 'u64'),
  row('CTA_COUNTERS32_PACKETS', U.CTA_COUNTERS32_PACKETS, 'u32'),
  row('CTA_COUNTERS32_BYTES', U.CTA_COUNTERS32_BYTES, 'u32'),
  row('CTA_COUNTERS_PAD', U.CTA_COUNTERS_PAD, 'pad'),
];
const TIMESTAMP = [
  row('CTA_TIMESTAMP_START', U.CTA_TIMESTAMP_START, 'u64'),
  row('CTA_TIMESTAMP_STOP', U.CTA_TIMESTAMP_STOP, 'u64'),
  row('CTA_TIMESTAMP_PAD', U.CTA_TIMESTAMP_PAD, 'pad'),
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
  row('CTA_SEQADJ_CORRECTION_POS', U.CTA_SEQADJ_CORRECTION_POS, 'u32'),
  row('CTA_SEQADJ_OFFSET_BEFORE', U.CTA_SEQADJ_OFFSET_BEFORE, 'u32'),
  row('CTA_SEQADJ_OFFSET_AFTER', U.CTA_SEQADJ_OFFSET_AFTER, 'u32'),
];
const SYNPROXY = [
  row('CTA_SYNPROXY_ISN', U.CTA_SYNPROXY_ISN, 'u32'),
  row('CTA_SYNPROXY_ITS', U.CTA_SYNPROXY_ITS, 'u32'),
  row('CTA_SYNPROXY_TSOFF', U.CTA_SYNPROXY_TSOFF, 'u32'),
];
const HELP = [row('CTA_HELP_NAME', U.CTA_HELP_NAME, 'text'), row('CTA_HELP_INFO', U.CTA_HELP_INFO, 'bytes')];
const FILTER = [
  row('CTA_FILTER_ORIG_FLAGS', U.CTA_FILTER_ORIG_FLAGS, 'flags32'),
  row('CTA_FILTER_REPLY_FLAGS', U.CTA_FILTER_REPLY_FLAGS, 'flags32'),
];

/** Every attribute that a conntrack message can carry (enum ctattr_type), with all that nests in it. */
export const CONNTRACK_ATTRIBUTES: readonly Attribute[] = [
  row('CTA_TUPLE_ORIG', U.CTA_TUPLE_ORIG, 'nest', TUPLE),
  row('CTA_TUPLE_REPLY', U.CTA_TUPLE_REPLY, 'nest', TUPLE),
  row('CTA_STATUS', U.CTA_STATUS, 'u32'),
  row('CTA_PROTOINFO', U.CTA_PROTOINFO, 'nest', PROTOINFO),
  row('CTA_HELP', U.CTA_HELP, 'nest', HELP),
  row('CTA_NAT_SRC', U.CTA_NAT_SRC, 'nest', NAT),
  row('CTA_TIMEOUT', U.CTA_TIMEOUT, 'u32'),
  row('CTA_MARK', U.CTA_MARK, 'u32'),
  row('CTA_COUNTERS_ORIG', U.CTA_COUNTERS_ORIG, 'nest', COUNTERS),
  row('CTA_COUNTERS_REPLY', U.CTA_COUNTERS_REPLY, 'nest', COUNTERS),
  row('CTA_USE', U.CTA_USE, 'u32'),
  row('CTA_ID', U.CTA_ID, 'u32'),
  row('CTA_NAT_DST', U.CTA_NAT_DST, 'nest', NAT),
  row('CTA_TUPLE_MASTER', U.CTA_TUPLE_MASTER, 'nest', TUPLE),
  row('CTA_SEQ_ADJ_ORIG', U.CTA_SEQ_ADJ_ORIG, 'nest', SEQADJ),
  row('CTA_SEQ_ADJ_REPLY', U.CTA_SEQ_ADJ_REPLY, 'nest', SEQADJ),
  row('CTA_SECMARK', U.CTA_SECMARK, 'u32'),
  row('CTA_ZONE', U.CTA_ZONE, 'u16'),
  row('CTA_SECCTX', U.CTA_SECCTX, 'nest', [row('CTA_SECCTX_NAME', U.CTA_SECCTX_NAME, 'text')]),
  row('CTA_TIMESTAMP', U.CTA_TIMESTAMP, 'nest', TIMESTAMP),
  row('CTA_MARK_MASK', U.CTA_MARK_MASK, 'u32'),
  row('CTA_LABELS', U.CTA_LABELS, 'bytes'),
  row('CTA_LABELS_MASK', U.CTA_LABELS_MASK, 'bytes'),
  row('CTA_SYNPROXY', U.CTA_SYNPROXY, 'nest', SYNPROXY),
  row('CTA_FILTER', U.CTA_FILTER, 'nest', FILTER),
  row('CTA_STATUS_MASK', U.CTA_STATUS_MASK, 'u32'),
  row('CTA_TIMESTAMP_EVENT', U.CTA_TIMESTAMP_EVENT, 'u64'),
];

const EXPECT_NAT = [
  row('CTA_EXPECT_NAT_DIR', U.CTA_EXPECT_NAT_DIR, 'u32'),
  row('CTA_EXPECT_NAT_TUPLE', U.CTA_EXPECT_NAT_TUPLE, 'nest', TUPLE),
];

/** Every attribute that an expectation's message can carry (enum ctattr_expect). */
export const EXPECTATION_ATTRIBUTES: readonly Attribute[] = [
  row('CTA_EXPECT_MASTER', U.CTA_EXPECT_MASTER, 'nest', TUPLE),
  row('CTA_EXPECT_TUPLE', U.CTA_EXPECT_TUPLE, 'nest', TUPLE),
  row('CTA_EXPECT_MASK', U.CTA_EXPECT_MASK, 'nest', TUPLE),
  row('CTA_EXPECT_TIMEOUT', U.CTA_EXPECT_TIMEOUT, 'u32'),
  row('CTA_EXPECT_ID', U.CTA_EXPECT_ID, 'u32'),
  row('CTA_EXPECT_HELP_NAME', U.CTA_EXPECT_HELP_NAME, 'text'),
  row('CTA_EXPECT_ZONE', U.CTA_EXPECT_ZONE, 'u16'),
  row('CTA_EXPECT_FLAGS', U.CTA_EXPECT_FLAGS, 'u32'),
  row('CTA_EXPECT_CLASS', U.CTA_EXPECT_CLASS, 'u32'),
  row('CTA_EXPECT_NAT', U.CTA_EXPECT_NAT, 'nest', EXPECT_NAT),
  row('CTA_EXPECT_FN', U.CTA_EXPECT_FN, 'text'),
];
