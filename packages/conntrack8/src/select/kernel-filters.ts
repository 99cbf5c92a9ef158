import { formatAddress, type Tuple } from '@conntrack/flow';
import { type KernelFilter, pushDown } from '@conntrack/netlink';
import type { Request, TupleWords } from '../argv/request.js';

/** The fields of a tuple that are exact values. An address with a mask is not. */
function exactOf({ src, dst, ...parts }: TupleWords, mask: TupleWords): Partial<Tuple> {
  return {
    ...(src && !mask.src && { src: formatAddress(src) }),
    ...(dst && !mask.dst && { dst: formatAddress(dst) }),
    ...parts,
  };
}

/**
 * The conditions of a request that the kernel can evaluate, for one dump or (if tuples need a family and none was
 * given) one for each family. The kernel's filter never excludes an entry that the request matches, and all conditions
 * are checked again.
 */
export function kernelFiltersOf({ command, family, protonum, zone, ...request }: Request): KernelFilter[] {
  const exact = {
    ...(family !== undefined && { family }),
    ...(protonum !== undefined && { protonum }),
    // `-w 0` means entries without a zone for both directions. The kernel's filter for 0 would also exclude entries
    // with a zone of one direction.
    ...(zone !== undefined && zone !== 0 && { zone }),
    original: exactOf(request.original, request.mask),
    reply: exactOf(request.reply, {}),
  };
  // In an update, mark and status are new values, not conditions.
  if (command === 'U') return pushDown(exact);
  const { mark, markMask, status = { set: 0, clear: 0 } } = request;
  const statusMask = (status.set | status.clear) >>> 0;
  return pushDown({
    ...exact,
    ...(mark !== undefined && { mark, ...(markMask !== undefined && { markMask }) }),
    ...(statusMask !== 0 && { status: status.set, statusMask }),
  });
}
