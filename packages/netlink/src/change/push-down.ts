import type { Family, Tuple } from '@conntrack/flow';
import { ICMP_REPLY, parseIPv4 } from '@conntrack/flow/codec';
import {
  CTA_FILTER_F_CTA_IP_DST,
  CTA_FILTER_F_CTA_IP_SRC,
  CTA_FILTER_F_CTA_PROTO_DST_PORT,
  CTA_FILTER_F_CTA_PROTO_ICMP_CODE,
  CTA_FILTER_F_CTA_PROTO_ICMP_ID,
  CTA_FILTER_F_CTA_PROTO_ICMP_TYPE,
  CTA_FILTER_F_CTA_PROTO_SRC_PORT,
} from '../wire/uapi.js';

// What may be sent to the kernel as a filter. test/change/kernel-filter.test.ts proves it on the running kernel, on random tables.

/** What the kernel compares rightly in a dump; everything given is ANDed. Anything else is refused by the encoder. */
export interface KernelFilter {
  family?: Family;
  /** Needs a family. */
  protonum?: number;
  /** IPv4 addresses; ports of TCP and UDP; type, code and id of ICMP. Parts that are absent match anything. */
  original?: Partial<Tuple>;
  reply?: Partial<Tuple>;
  /** `(mark & markMask) === mark`; default of the mask: all bits. */
  mark?: number;
  markMask?: number;
  /** `(status & statusMask) === status`; default of the mask: `status` itself. */
  status?: number;
  statusMask?: number;
  /** The entry's zone, whether it holds for both directions or for one. Compared by Linux 6.8 and newer; older kernels send all zones. */
  zone?: number;
}

/** The members of a {@link KernelFilter}. */
export const FILTER_MEMBERS: ReadonlySet<string> = new Set([
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

/** A part of a tuple that the kernel compares rightly, and where. */
interface Part {
  readonly field: keyof Tuple;
  /** The bit of CTA_FILTER that asks for it. */
  readonly flag: number;
  /** Only for these protocols: it is ignored for others, which would match everything. */
  readonly protocols?: readonly number[];
  readonly family?: Family;
  /** Values that may be sent; others match nothing, and are refused by the kernel or the encoder. */
  readonly values?: (value: string | number) => boolean;
}

type Scope = Pick<KernelFilter, 'family' | 'protonum'>;

const TCP_AND_UDP = [6, 17];
const isIPv4 = (address: string | number): boolean => parseIPv4(String(address)) >= 0;
const ICMP = { protocols: [1], family: 'ipv4' } as const;

const PARTS: readonly Part[] = [
  // IPv6 addresses are matched the wrong way round: everything but the one asked for (Linux 5.8 to 6.18 at least).
  { field: 'src', flag: CTA_FILTER_F_CTA_IP_SRC, family: 'ipv4', values: isIPv4 },
  { field: 'dst', flag: CTA_FILTER_F_CTA_IP_DST, family: 'ipv4', values: isIPv4 },
  { field: 'sport', flag: CTA_FILTER_F_CTA_PROTO_SRC_PORT, protocols: TCP_AND_UDP },
  { field: 'dport', flag: CTA_FILTER_F_CTA_PROTO_DST_PORT, protocols: TCP_AND_UDP },
  // Other types make no entries, and the kernel refuses them (EINVAL).
  { field: 'type', flag: CTA_FILTER_F_CTA_PROTO_ICMP_TYPE, ...ICMP, values: type => type in ICMP_REPLY },
  { field: 'code', flag: CTA_FILTER_F_CTA_PROTO_ICMP_CODE, ...ICMP },
  { field: 'id', flag: CTA_FILTER_F_CTA_PROTO_ICMP_ID, ...ICMP },
];

/** The flag of a tuple's part in a filter of this family and protocol; a sentence instead where the kernel would take it for something else. */
export function flagOf({ family, protonum }: Scope, field: string): number | string {
  const part = PARTS.find(known => known.field === field);
  if (part === undefined) return `a dump cannot be filtered by a tuple's '${field}'`;
  if (part.protocols !== undefined && !part.protocols.includes(protonum ?? -1))
    return `the kernel ignores '${field}' for protocol ${protonum ?? 'none'}, so the filter would match everything`;
  if (part.family !== undefined && family !== undefined && family !== part.family)
    return part.protocols === undefined
      ? 'the kernel compares IPv6 addresses incorrectly (it matches every other address)'
      : `'${field}' of protocol ${protonum} is proven to work for IPv4 only`;
  return part.flag;
}

/** What of a tuple may be sent. */
function comparable(scope: Scope, tuple: Partial<Tuple> = {}): Partial<Tuple> | undefined {
  const parts = Object.entries(tuple).filter(([field, value]) => {
    const holds = PARTS.find(known => known.field === field)?.values ?? (() => true);
    return value !== undefined && typeof flagOf(scope, field) === 'number' && holds(value);
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

/**
 * What of exact values may be sent to the kernel: one filter, or one for each family where a protocol needs a family and none is given. Together
 * they match at least what `wanted` matches; parts that the kernel would take for something else are left out, and so every entry must be
 * compared again.
 */
export function pushDown(wanted: KernelFilter): KernelFilter[] {
  const { family, protonum, original, reply, ...others } = wanted;
  if (family === undefined && protonum === undefined) return [others];
  const families: readonly Family[] = family === undefined ? ['ipv4', 'ipv6'] : [family];
  return families.map(one => {
    const filter = { ...others, family: one, ...(protonum !== undefined && { protonum }) };
    const originalParts = comparable(filter, original);
    const replyParts = comparable(filter, reply);
    return { ...filter, ...(originalParts && { original: originalParts }), ...(replyParts && { reply: replyParts }) };
  });
}
