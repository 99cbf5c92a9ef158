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

// The push-down list: what may be sent to the kernel as a filter. test/change/write-kernel-filter.test.ts proves it on the running kernel with
// random tables.

/** A filter that the kernel applies correctly in a dump. All conditions must match. The encoder refuses everything else. */
export interface KernelFilter {
  /** Address family. Default: both. */
  family?: Family;
  /** Requires a family. */
  protonum?: number;
  /** IPv4 addresses; ports of TCP and UDP; type, code and id of ICMP. Absent parts match any value. */
  original?: Partial<Tuple>;
  reply?: Partial<Tuple>;
  /** Matches if `(mark & markMask) === mark`. Default of the mask: all bits. */
  mark?: number;
  markMask?: number;
  /** Matches if `(status & statusMask) === status`. Default of the mask: `status` itself. */
  status?: number;
  statusMask?: number;
  /** The entry's zone, whether it is that of both directions or of one. Linux 6.8 and newer; older kernels send entries of all zones. */
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

/** A part of a tuple that the kernel compares correctly, and the conditions for that. */
interface Part {
  readonly field: keyof Tuple;
  /** The bit of CTA_FILTER that requests the comparison. */
  readonly flag: number;
  /** The part is compared only for these protocols. For others it is ignored, and so everything would match. */
  readonly protocols?: readonly number[];
  readonly family?: Family;
  /** Whether a value may be sent. Others match nothing, and the kernel or the encoder refuses them. */
  readonly values?: (value: string | number) => boolean;
}

type Scope = Pick<KernelFilter, 'family' | 'protonum'>;

const TCP_AND_UDP = [6, 17];
const isIPv4 = (address: string | number): boolean => parseIPv4(String(address)) >= 0;
const ICMP = { protocols: [1], family: 'ipv4' } as const;

const PARTS: readonly Part[] = [
  // IPv6 addresses are matched inverted: all except the requested one (at least in Linux 5.8 to 6.18).
  { field: 'src', flag: CTA_FILTER_F_CTA_IP_SRC, family: 'ipv4', values: isIPv4 },
  { field: 'dst', flag: CTA_FILTER_F_CTA_IP_DST, family: 'ipv4', values: isIPv4 },
  { field: 'sport', flag: CTA_FILTER_F_CTA_PROTO_SRC_PORT, protocols: TCP_AND_UDP },
  { field: 'dport', flag: CTA_FILTER_F_CTA_PROTO_DST_PORT, protocols: TCP_AND_UDP },
  // Other types create no entries, and the kernel refuses them (EINVAL).
  { field: 'type', flag: CTA_FILTER_F_CTA_PROTO_ICMP_TYPE, ...ICMP, values: type => type in ICMP_REPLY },
  { field: 'code', flag: CTA_FILTER_F_CTA_PROTO_ICMP_CODE, ...ICMP },
  { field: 'id', flag: CTA_FILTER_F_CTA_PROTO_ICMP_ID, ...ICMP },
];

/**
 * Returns the flag of a tuple's part in a filter of this family and protocol. If the kernel would misunderstand the part, returns a
 * sentence instead.
 */
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

/** Returns the parts of a tuple that may be sent. */
function comparable(scope: Scope, tuple: Partial<Tuple> = {}): Partial<Tuple> | undefined {
  const parts = Object.entries(tuple).filter(([field, value]) => {
    const holds = PARTS.find(known => known.field === field)?.values ?? (() => true);
    return value !== undefined && typeof flagOf(scope, field) === 'number' && holds(value);
  });
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

/**
 * Returns what may be sent to the kernel of a filter with exact values: one filter, or one for each family if a protocol requires a family
 * and none is given.
 *
 * Together, the filters match at least what `wanted` matches. Parts that the kernel would misunderstand are left out, so every entry must
 * be compared again.
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
