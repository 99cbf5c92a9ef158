import { type Family, familyNumber, type Tuple } from '@conntrack/flow';
import { NetlinkError, type Operation } from '../wire/error.js';
import { inRange } from '../wire/types.js';
import {
  CTA_FILTER,
  CTA_FILTER_F_CTA_IP_DST,
  CTA_FILTER_F_CTA_IP_SRC,
  CTA_FILTER_F_CTA_PROTO_DST_PORT,
  CTA_FILTER_F_CTA_PROTO_ICMP_CODE,
  CTA_FILTER_F_CTA_PROTO_ICMP_ID,
  CTA_FILTER_F_CTA_PROTO_ICMP_TYPE,
  CTA_FILTER_F_CTA_PROTO_NUM,
  CTA_FILTER_F_CTA_PROTO_SRC_PORT,
  CTA_FILTER_ORIG_FLAGS,
  CTA_FILTER_REPLY_FLAGS,
  CTA_MARK,
  CTA_MARK_MASK,
  CTA_STATUS,
  CTA_STATUS_MASK,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY,
  CTA_ZONE,
} from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';
import { writePartialTuple } from './tuple.js';

/** What the kernel compares rightly in a dump; everything given is ANDed. Anything else is refused by the encoder. */
export interface KernelFilter {
  family?: Family;
  /** Needs a family. */
  protonum?: number;
  /** IPv4 addresses; ports of TCP and UDP; type, code and id of ICMP. Parts that are absent match anything. */
  original?: Partial<Tuple>;
  reply?: Partial<Tuple>;
  /** `(mark & markMask) === mark`; the mask is all bits unless told. */
  mark?: number;
  markMask?: number;
  /** `(status & statusMask) === status`; the mask is `status` itself unless told. */
  status?: number;
  statusMask?: number;
  /** The entry's zone, whether it holds for both directions or for one. Compared by Linux 6.8 and newer; older kernels send all zones. */
  zone?: number;
}

/** Each part of a tuple with its flag and the protocols that the kernel compares it for; everything else it ignores, and so would match all. */
const PARTS: readonly { field: keyof Tuple; flag: number; protocols?: readonly number[] }[] = [
  { field: 'src', flag: CTA_FILTER_F_CTA_IP_SRC },
  { field: 'dst', flag: CTA_FILTER_F_CTA_IP_DST },
  { field: 'sport', flag: CTA_FILTER_F_CTA_PROTO_SRC_PORT, protocols: [6, 17] },
  { field: 'dport', flag: CTA_FILTER_F_CTA_PROTO_DST_PORT, protocols: [6, 17] },
  { field: 'type', flag: CTA_FILTER_F_CTA_PROTO_ICMP_TYPE, protocols: [1] },
  { field: 'code', flag: CTA_FILTER_F_CTA_PROTO_ICMP_CODE, protocols: [1] },
  { field: 'id', flag: CTA_FILTER_F_CTA_PROTO_ICMP_ID, protocols: [1] },
];

const FIELDS: ReadonlySet<string> = new Set([
  'family',
  'protonum',
  'original',
  'reply',
  'mark',
  'markMask',
  'status',
  'statusMask',
  'zone',
]);

const refusal = (operation: Operation, why: string): NetlinkError =>
  new NetlinkError('NOT_ENCODABLE', operation, `not sent to the kernel: ${why}`);

/** The flags of a tuple's parts, after checking that the kernel compares each of them rightly. */
function flagsOf(operation: Operation, filter: KernelFilter, tuple: Partial<Tuple>): number {
  let flags = 0;
  for (const [name, value] of Object.entries(tuple)) {
    if (value === undefined) continue;
    const known = PARTS.find(({ field }) => field === name);
    if (known === undefined) throw refusal(operation, `a dump cannot be filtered by a tuple's '${name}'`);
    if (known.protocols === undefined && filter.family === 'ipv6')
      throw refusal(
        operation,
        'the kernel matches IPv6 addresses the wrong way round (everything but the one asked for)',
      );
    if (known.protocols !== undefined && !known.protocols.includes(filter.protonum ?? -1))
      throw refusal(
        operation,
        `the kernel ignores '${name}' for protocol ${filter.protonum ?? 'none'}, and so would match everything`,
      );
    flags |= known.flag;
  }
  return flags;
}

/** nfgen_family of a dump (or flush) with this filter; 0 is both families. @throws NetlinkError NOT_ENCODABLE: callers in JavaScript may pass anything */
export function filterFamily(operation: Operation, { family }: KernelFilter): number {
  if (family === undefined) return 0;
  if (family !== 'ipv4' && family !== 'ipv6')
    throw refusal(operation, `the family is 'ipv4' or 'ipv6', not '${String(family)}'`);
  return familyNumber(family);
}

/** Writes a dump's (or flush's) filter. @throws NetlinkError NOT_ENCODABLE with the reason, for all that kernels are known to get wrong. */
export function writeKernelFilter(writer: MessageWriter, operation: Operation, filter: KernelFilter): void {
  for (const [name, value] of Object.entries(filter))
    if (value !== undefined && !FIELDS.has(name)) throw refusal(operation, `there is no kernel filter '${name}'`);
  const u32 = (field: string, value: number): number => inRange(operation, field, value, 0xffffffff);
  const original = filter.original ?? {};
  const reply = filter.reply ?? {};
  const proto = filter.protonum === undefined ? 0 : CTA_FILTER_F_CTA_PROTO_NUM;
  const originalFlags = flagsOf(operation, filter, original) | proto;
  const replyFlags = flagsOf(operation, filter, reply);
  // Parts of a protocol need the protocol in the same direction, else EINVAL.
  const replyParts = replyFlags & ~(CTA_FILTER_F_CTA_IP_SRC | CTA_FILTER_F_CTA_IP_DST);
  if (originalFlags !== 0 || replyFlags !== 0) {
    const { family } = filter;
    if (family === undefined) throw refusal(operation, 'a tuple filter needs a family');
    if (originalFlags !== 0) writePartialTuple(writer, CTA_TUPLE_ORIG, operation, family, filter.protonum, original);
    if (replyFlags !== 0)
      writePartialTuple(writer, CTA_TUPLE_REPLY, operation, family, replyParts ? filter.protonum : undefined, reply);
    writer.nest(CTA_FILTER, () => {
      writer.u32Native(CTA_FILTER_ORIG_FLAGS, originalFlags);
      writer.u32Native(CTA_FILTER_REPLY_FLAGS, replyFlags | (replyParts ? CTA_FILTER_F_CTA_PROTO_NUM : 0));
    });
  }
  if (filter.mark !== undefined) {
    writer.u32(CTA_MARK, u32('mark', filter.mark));
    writer.u32(CTA_MARK_MASK, u32('mark mask', filter.markMask ?? 0xffffffff));
  } else if (filter.markMask !== undefined) throw refusal(operation, 'a mark mask without a mark');
  if (filter.status !== undefined) {
    const mask = u32('status mask', filter.statusMask ?? filter.status);
    if (mask === 0) throw refusal(operation, 'a status without any bit in its mask');
    writer.u32(CTA_STATUS, u32('status', filter.status));
    writer.u32(CTA_STATUS_MASK, mask);
  } else if (filter.statusMask !== undefined) throw refusal(operation, 'a status mask without a status');
  if (filter.zone !== undefined) writer.u16(CTA_ZONE, inRange(operation, 'zone', filter.zone, 0xffff));
}
