import { z } from '@hono/zod-openapi';
import { counter, u8, u16, u32 } from './scalars.js';

/** The members of one direction's tuple. */
export const tupleShape = {
  src: z.string().openapi({ example: '192.168.1.10' }),
  dst: z.string().openapi({ example: '93.184.216.34' }),
  sport: u16().optional().openapi({ description: 'Source port (TCP, UDP, UDP-Lite, SCTP, DCCP)' }),
  dport: u16().optional(),
  type: u8().optional().openapi({ description: 'ICMP type' }),
  code: u8().optional().openapi({ description: 'ICMP code' }),
  id: u16().optional().openapi({ description: 'ICMP identifier' }),
  srckey: u16().optional().openapi({ description: 'GRE key' }),
  dstkey: u16().optional(),
  zone: u16().optional().openapi({ description: 'Conntrack zone of this direction alone' }),
};

/** One direction, with what was counted in it. */
const FlowTuple = z
  .object({
    ...tupleShape,
    packets: counter.optional().openapi({ description: 'Absent while net.netfilter.nf_conntrack_acct is 0' }),
    bytes: counter.optional(),
  })
  .openapi('FlowTuple');

const directions = (value: z.ZodType) => z.object({ original: value.optional(), reply: value.optional() });

/** A tracked connection, as every answer has it. Answers may carry members of newer kernels. */
export const FlowSchema = z
  .looseObject({
    id: u32().optional().openapi({ description: 'The kernel’s CTA_ID. Not a handle alone: see key' }),
    key: z.string().optional().openapi({
      description: 'Opaque handle: zone, family, protocol, original tuple and id. One kernel look-up, no scan',
      example: 'ct1.AQAAAgbAqAEKXbjYIsgiAbvK_sq-',
    }),
    family: z.enum(['ipv4', 'ipv6']),
    protocol: z.string().openapi({ example: 'tcp' }),
    protonum: u8().openapi({ example: 6 }),
    original: FlowTuple,
    reply: FlowTuple,
    state: z.string().optional().openapi({ description: 'TCP, SCTP or DCCP state', example: 'ESTABLISHED' }),
    status: z
      .array(z.string())
      .optional()
      .openapi({ example: ['SEEN_REPLY', 'ASSURED', 'CONFIRMED'] }),
    timeout: u32().optional().openapi({ description: 'Seconds until it expires without traffic' }),
    mark: u32().optional(),
    use: u32().optional(),
    zone: u16().optional().openapi({ description: 'Zone of both directions; absent for zone 0' }),
    labels: z.array(z.union([z.number(), z.string()])).optional(),
    secctx: z.string().optional(),
    secmark: u32().optional(),
    helper: z.string().optional(),
    start: z.string().optional().openapi({ description: 'RFC 3339 with nanoseconds', format: 'date-time' }),
    stop: z.string().optional().openapi({ format: 'date-time' }),
    deltaTime: z.int().optional().openapi({ description: 'Whole seconds since start' }),
    protoinfo: z
      .object({
        wscale: directions(counter).optional(),
        flags: directions(z.array(z.string())).optional(),
        vtag: directions(counter).optional(),
        role: z.enum(['client', 'server']).optional(),
        handshakeSeq: counter.optional(),
      })
      .optional(),
    seqadj: directions(
      z.object({ correctionPos: counter, offsetBefore: z.number().int(), offsetAfter: z.number().int() }),
    ).optional(),
    synproxy: z.object({ isn: counter, its: counter, tsoff: counter }).optional(),
    master: z
      .object({ ...tupleShape, family: z.string().optional(), protonum: u8().optional() })
      .optional()
      .openapi({ description: 'The tuple of the connection whose helper expected this one' }),
    portid: u32().optional(),
    unknown: z
      .record(z.string(), z.string())
      .optional()
      .openapi({ description: 'Attributes of a newer kernel, in hexadecimal' }),
  })
  .openapi('Flow');

/** A flow of which `fields` left some members out. */
export const FlowPartSchema = FlowSchema.partial()
  .extend({ original: FlowTuple.partial().optional(), reply: FlowTuple.partial().optional() })
  .openapi('FlowPart', { description: 'A flow with the members that `fields` asked for' });

/** A flow that was just made. */
export const MadeFlowSchema = FlowSchema.extend({
  warnings: z
    .array(z.string())
    .optional()
    .openapi({ description: 'What the kernel dropped of the flow, a sentence each; absent when it has everything' }),
}).openapi('MadeFlow');
