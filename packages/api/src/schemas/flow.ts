import { z } from '@hono/zod-openapi';
import { counter, u8, u16, u32 } from './scalars.js';

/** The members of one direction's tuple. */
export const tupleShape = {
  src: z.string().openapi({ description: 'Source address', example: '192.168.1.10' }),
  dst: z.string().openapi({ description: 'Destination address', example: '93.184.216.34' }),
  sport: u16().optional().openapi({ description: 'Source port (TCP, UDP, UDP-Lite, SCTP, DCCP)' }),
  dport: u16().optional().openapi({ description: 'Destination port (TCP, UDP, UDP-Lite, SCTP, DCCP)' }),
  type: u8().optional().openapi({ description: 'ICMP type' }),
  code: u8().optional().openapi({ description: 'ICMP code' }),
  id: u16().optional().openapi({ description: 'ICMP identifier' }),
  srckey: u16().optional().openapi({ description: 'GRE source key' }),
  dstkey: u16().optional().openapi({ description: 'GRE destination key' }),
  zone: u16().optional().openapi({ description: 'Connection tracking zone, if it belongs to this direction only' }),
};

/** One direction of a flow, with its counters. */
const FlowTuple = z
  .object({
    ...tupleShape,
    packets: counter.optional().openapi({
      description: 'Number of packets. Absent if they are not counted (net.netfilter.nf_conntrack_acct=0)',
    }),
    bytes: counter.optional().openapi({
      description:
        'Number of bytes, with IP headers. Absent if they are not counted (net.netfilter.nf_conntrack_acct=0)',
    }),
  })
  .openapi('FlowTuple', { description: 'One direction of a flow' });

const directions = (value: z.ZodType) =>
  z.object({
    original: value.optional().openapi({ description: 'Of the original direction' }),
    reply: value.optional().openapi({ description: 'Of the reply direction' }),
  });

/** The tuple of the connection whose helper expected another one. */
export const masterSchema = z.object({
  ...tupleShape,
  family: z.string().optional().openapi({ description: 'Address family, if it is another one' }),
  protonum: u8().optional().openapi({ description: 'IP protocol number' }),
});

/** A tracked connection, as all responses contain it. Responses may have members of newer kernels. */
export const FlowSchema = z
  .looseObject({
    id: u32().optional().openapi({ description: 'The kernel’s id (CTA_ID). Not unique over time: use `key`' }),
    key: z.string().optional().openapi({
      description:
        'Opaque handle for requests about this flow: zone, family, protocol, original tuple and id. Finds the flow with one kernel look-up',
      example: 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_sq-',
    }),
    node: z
      .string()
      .optional()
      .openapi({ description: 'The host of a fleet that tracks the flow. Absent in the table of one host' }),
    family: z.enum(['ipv4', 'ipv6']).openapi({ description: 'Address family' }),
    protocol: z.string().openapi({ description: 'Name of the IP protocol', example: 'tcp' }),
    protonum: u8().openapi({ description: 'IP protocol number', example: 6 }),
    original: FlowTuple.openapi({ description: 'The direction of the first packet, before address translation' }),
    reply: FlowTuple.openapi({ description: 'The direction of replies, as they arrive at this host' }),
    state: z.string().optional().openapi({ description: 'TCP, SCTP or DCCP state', example: 'ESTABLISHED' }),
    status: z
      .array(z.string())
      .optional()
      .openapi({ description: 'Names of the status bits', example: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'] }),
    timeout: u32().optional().openapi({ description: 'Seconds until the flow expires without further packets' }),
    mark: u32().optional().openapi({ description: 'The connection mark (connmark)' }),
    use: u32().optional().openapi({ description: 'The kernel’s reference count' }),
    zone: u16().optional().openapi({ description: 'Connection tracking zone of both directions. Absent for zone 0' }),
    labels: z
      .array(z.union([z.number(), z.string()]))
      .optional()
      .openapi({ description: 'Connection labels: bit numbers, or names where the source has them' }),
    secctx: z.string().optional().openapi({ description: 'Security context (SELinux)' }),
    secmark: u32().optional().openapi({ description: 'Security mark, as a number' }),
    helper: z.string().optional().openapi({ description: 'Name of the connection tracking helper', example: 'ftp' }),
    start: z
      .string()
      .optional()
      .openapi({ description: 'Start of the flow (RFC 3339, nanoseconds)', format: 'date-time' }),
    stop: z
      .string()
      .optional()
      .openapi({ description: 'End of the flow (RFC 3339, nanoseconds)', format: 'date-time' }),
    deltaTime: z.int().optional().openapi({ description: 'Whole seconds since the start' }),
    rate: directions(counter).optional().openapi({
      description:
        'Bytes a second, as the index measured them between the last two refreshes of counters. Only in lists that read it (`reads=rate`, `sort=-rate`), and absent before the second refresh',
    }),
    firstSeen: z.iso.datetime().optional().openapi({
      description: 'When the index first saw the flow (RFC 3339). Only in lists that read it (`reads=first-seen`)',
    }),
    protoinfo: z
      .object({
        wscale: directions(counter).optional().openapi({ description: 'TCP window scale' }),
        flags: directions(z.array(z.string())).optional().openapi({ description: 'Names of the TCP tracking flags' }),
        vtag: directions(counter).optional().openapi({ description: 'SCTP verification tag' }),
        role: z.enum(['client', 'server']).optional().openapi({ description: 'DCCP role of the originator' }),
        handshakeSeq: counter.optional().openapi({ description: 'DCCP sequence number of the handshake' }),
      })
      .optional()
      .openapi({ description: 'Details of TCP, SCTP and DCCP' }),
    seqadj: directions(
      z.object({
        correctionPos: counter.openapi({ description: 'Sequence number of the last change of length' }),
        offsetBefore: z.number().int().openapi({ description: 'Offset in bytes before that position' }),
        offsetAfter: z.number().int().openapi({ description: 'Offset in bytes after that position' }),
      }),
    )
      .optional()
      .openapi({ description: 'Adjustments of TCP sequence numbers by NAT helpers' }),
    synproxy: z
      .object({
        isn: counter.openapi({ description: 'Initial sequence number' }),
        its: counter.openapi({ description: 'Initial timestamp' }),
        tsoff: counter.openapi({ description: 'Timestamp offset' }),
      })
      .optional()
      .openapi({ description: 'State of the SYN proxy' }),
    master: masterSchema
      .optional()
      .openapi({ description: 'Original tuple of the connection whose helper expected this flow' }),
    portid: u32().optional().openapi({ description: 'Netlink port id of the program that caused the event' }),
    unknown: z
      .record(z.string(), z.string())
      .optional()
      .openapi({ description: 'Attributes of a newer kernel: number and value in hexadecimal' }),
  })
  .openapi('Flow', { description: 'A tracked connection. Absent members are unknown' });

/** A flow with some of its members, as `fields` requested. */
export const FlowPartSchema = FlowSchema.partial()
  .extend({
    original: FlowTuple.partial().optional().openapi({ description: 'The original direction' }),
    reply: FlowTuple.partial().optional().openapi({ description: 'The reply direction' }),
  })
  .openapi('FlowPart', { description: 'A flow with only the members that `fields` requested' });

/** A flow that was just created. */
export const MadeFlowSchema = FlowSchema.extend({
  warnings: z
    .array(z.string())
    .optional()
    .openapi({ description: 'What the kernel dropped of the flow, one sentence each. Absent if nothing was dropped' }),
}).openapi('MadeFlow', { description: 'A flow that was just created' });
