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

// biome-ignore lint/performance/noDynamicNamespaceImportAccess: the table names every number of the header once
const numberOf = (name: keyof typeof U): number => U[name];

const row = (name: keyof typeof U, type: AttributeType, nested?: readonly Attribute[]): Attribute => ({
  number: numberOf(name),
  name,
  type,
  ...(nested && { nested }),
});

const IP = [
  row('CTA_IP_V4_SRC', 'ipv4'),
  row('CTA_IP_V4_DST', 'ipv4'),
  row('CTA_IP_V6_SRC', 'ipv6'),
  row('CTA_IP_V6_DST', 'ipv6'),
];
const PROTO = [
  row('CTA_PROTO_NUM', 'u8'),
  row('CTA_PROTO_SRC_PORT', 'u16'),
  row('CTA_PROTO_DST_PORT', 'u16'),
  row('CTA_PROTO_ICMP_ID', 'u16'),
  row('CTA_PROTO_ICMP_TYPE', 'u8'),
  row('CTA_PROTO_ICMP_CODE', 'u8'),
  row('CTA_PROTO_ICMPV6_ID', 'u16'),
  row('CTA_PROTO_ICMPV6_TYPE', 'u8'),
  row('CTA_PROTO_ICMPV6_CODE', 'u8'),
];
const TUPLE = [row('CTA_TUPLE_IP', 'nest', IP), row('CTA_TUPLE_PROTO', 'nest', PROTO), row('CTA_TUPLE_ZONE', 'u16')];
const TCP = [
  row('CTA_PROTOINFO_TCP_STATE', 'u8'),
  row('CTA_PROTOINFO_TCP_WSCALE_ORIGINAL', 'u8'),
  row('CTA_PROTOINFO_TCP_WSCALE_REPLY', 'u8'),
  row('CTA_PROTOINFO_TCP_FLAGS_ORIGINAL', 'bytes'),
  row('CTA_PROTOINFO_TCP_FLAGS_REPLY', 'bytes'),
];
const DCCP = [
  row('CTA_PROTOINFO_DCCP_STATE', 'u8'),
  row('CTA_PROTOINFO_DCCP_ROLE', 'u8'),
  row('CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ', 'u64'),
  row('CTA_PROTOINFO_DCCP_PAD', 'pad'),
];
const SCTP = [
  row('CTA_PROTOINFO_SCTP_STATE', 'u8'),
  row('CTA_PROTOINFO_SCTP_VTAG_ORIGINAL', 'u32'),
  row('CTA_PROTOINFO_SCTP_VTAG_REPLY', 'u32'),
];
const PROTOINFO = [
  row('CTA_PROTOINFO_TCP', 'nest', TCP),
  row('CTA_PROTOINFO_DCCP', 'nest', DCCP),
  row('CTA_PROTOINFO_SCTP', 'nest', SCTP),
];
const COUNTERS = [
  row('CTA_COUNTERS_PACKETS', 'u64'),
  row('CTA_COUNTERS_BYTES', 'u64'),
  row('CTA_COUNTERS32_PACKETS', 'u32'),
  row('CTA_COUNTERS32_BYTES', 'u32'),
  row('CTA_COUNTERS_PAD', 'pad'),
];
const TIMESTAMP = [
  row('CTA_TIMESTAMP_START', 'u64'),
  row('CTA_TIMESTAMP_STOP', 'u64'),
  row('CTA_TIMESTAMP_PAD', 'pad'),
];
const PROTONAT = [row('CTA_PROTONAT_PORT_MIN', 'u16'), row('CTA_PROTONAT_PORT_MAX', 'u16')];
const NAT = [
  row('CTA_NAT_V4_MINIP', 'ipv4'),
  row('CTA_NAT_V4_MAXIP', 'ipv4'),
  row('CTA_NAT_PROTO', 'nest', PROTONAT),
  row('CTA_NAT_V6_MINIP', 'ipv6'),
  row('CTA_NAT_V6_MAXIP', 'ipv6'),
];
const SEQADJ = [
  row('CTA_SEQADJ_CORRECTION_POS', 'u32'),
  row('CTA_SEQADJ_OFFSET_BEFORE', 'u32'),
  row('CTA_SEQADJ_OFFSET_AFTER', 'u32'),
];
const SYNPROXY = [row('CTA_SYNPROXY_ISN', 'u32'), row('CTA_SYNPROXY_ITS', 'u32'), row('CTA_SYNPROXY_TSOFF', 'u32')];
const HELP = [row('CTA_HELP_NAME', 'text'), row('CTA_HELP_INFO', 'bytes')];
const FILTER = [row('CTA_FILTER_ORIG_FLAGS', 'flags32'), row('CTA_FILTER_REPLY_FLAGS', 'flags32')];

/** Every attribute that a conntrack message can carry (enum ctattr_type), with all that nests in it. */
export const CONNTRACK_ATTRIBUTES: readonly Attribute[] = [
  row('CTA_TUPLE_ORIG', 'nest', TUPLE),
  row('CTA_TUPLE_REPLY', 'nest', TUPLE),
  row('CTA_STATUS', 'u32'),
  row('CTA_PROTOINFO', 'nest', PROTOINFO),
  row('CTA_HELP', 'nest', HELP),
  row('CTA_NAT_SRC', 'nest', NAT),
  row('CTA_TIMEOUT', 'u32'),
  row('CTA_MARK', 'u32'),
  row('CTA_COUNTERS_ORIG', 'nest', COUNTERS),
  row('CTA_COUNTERS_REPLY', 'nest', COUNTERS),
  row('CTA_USE', 'u32'),
  row('CTA_ID', 'u32'),
  row('CTA_NAT_DST', 'nest', NAT),
  row('CTA_TUPLE_MASTER', 'nest', TUPLE),
  row('CTA_SEQ_ADJ_ORIG', 'nest', SEQADJ),
  row('CTA_SEQ_ADJ_REPLY', 'nest', SEQADJ),
  row('CTA_SECMARK', 'u32'),
  row('CTA_ZONE', 'u16'),
  row('CTA_SECCTX', 'nest', [row('CTA_SECCTX_NAME', 'text')]),
  row('CTA_TIMESTAMP', 'nest', TIMESTAMP),
  row('CTA_MARK_MASK', 'u32'),
  row('CTA_LABELS', 'bytes'),
  row('CTA_LABELS_MASK', 'bytes'),
  row('CTA_SYNPROXY', 'nest', SYNPROXY),
  row('CTA_FILTER', 'nest', FILTER),
  row('CTA_STATUS_MASK', 'u32'),
  row('CTA_TIMESTAMP_EVENT', 'u64'),
];

const EXPECT_NAT = [row('CTA_EXPECT_NAT_DIR', 'u32'), row('CTA_EXPECT_NAT_TUPLE', 'nest', TUPLE)];

/** Every attribute that an expectation's message can carry (enum ctattr_expect). */
export const EXPECTATION_ATTRIBUTES: readonly Attribute[] = [
  row('CTA_EXPECT_MASTER', 'nest', TUPLE),
  row('CTA_EXPECT_TUPLE', 'nest', TUPLE),
  row('CTA_EXPECT_MASK', 'nest', TUPLE),
  row('CTA_EXPECT_TIMEOUT', 'u32'),
  row('CTA_EXPECT_ID', 'u32'),
  row('CTA_EXPECT_HELP_NAME', 'text'),
  row('CTA_EXPECT_ZONE', 'u16'),
  row('CTA_EXPECT_FLAGS', 'u32'),
  row('CTA_EXPECT_CLASS', 'u32'),
  row('CTA_EXPECT_NAT', 'nest', EXPECT_NAT),
  row('CTA_EXPECT_FN', 'text'),
];
