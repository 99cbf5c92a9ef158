import { formatAddress } from '@conntrack/flow';
import type { KernelFilter } from '@conntrack/netlink';
import type { Request, TupleWords } from './request.js';

/** Protocols whose ports the kernel compares, and the one whose ICMP fields it does. */
const PORTS: readonly number[] = [6, 17];
const ICMP = 1;

/** The parts of a tuple that the kernel compares rightly: IPv4 addresses as a whole, ports of TCP and UDP, ICMP's fields. */
function partsOf(
  tuple: TupleWords,
  mask: TupleWords,
  { family, protonum }: Request,
): NonNullable<KernelFilter['original']> {
  const parts: NonNullable<KernelFilter['original']> = {};
  if (family === 'ipv4') {
    if (tuple.src !== undefined && mask.src === undefined) parts.src = formatAddress(tuple.src);
    if (tuple.dst !== undefined && mask.dst === undefined) parts.dst = formatAddress(tuple.dst);
  }
  const ports = protonum !== undefined && PORTS.includes(protonum);
  if (ports && tuple.sport !== undefined) parts.sport = tuple.sport;
  if (ports && tuple.dport !== undefined) parts.dport = tuple.dport;
  if (protonum === ICMP) {
    if (tuple.type !== undefined) parts.type = tuple.type;
    if (tuple.code !== undefined) parts.code = tuple.code;
    if (tuple.id !== undefined) parts.id = tuple.id;
  }
  return parts;
}

/**
 * What of a request the kernel can compare, as one dump or, where tuples need a family and none was named, one for each. Never more than
 * the request says, and all of it is compared again.
 */
export function kernelFiltersOf(request: Request): KernelFilter[] {
  const filter: KernelFilter = {};
  const { family, protonum, mark, markMask, status, zone } = request;
  if (request.command !== 'U') {
    if (mark !== undefined) {
      filter.mark = mark;
      if (markMask !== undefined) filter.markMask = markMask;
    }
    if (status !== undefined && (status.set | status.clear) !== 0) {
      filter.status = status.set;
      filter.statusMask = (status.set | status.clear) >>> 0;
    }
  }
  // Zone 0 is every entry without one; that it is compared as such is not proven.
  if (zone !== undefined && zone !== 0) filter.zone = zone;
  const families = family === undefined ? (['ipv4', 'ipv6'] as const) : [family];
  const filters = families.map(one => {
    const whose = { ...request, family: one };
    const original = partsOf(request.original, request.mask, whose);
    const reply = partsOf(request.reply, {}, whose);
    return {
      ...filter,
      family: one,
      ...(protonum !== undefined && { protonum }),
      ...(Object.keys(original).length > 0 && { original }),
      ...(Object.keys(reply).length > 0 && { reply }),
    };
  });
  return family === undefined && protonum === undefined ? [filter] : filters;
}
