import { formatAddress, type Tuple } from '@conntrack/flow';
import { type KernelFilter, pushDown } from '@conntrack/netlink';
import type { Request, TupleWords } from '../argv/request.js';

/** The exact values of a tuple: an address under a mask is none. */
function exactOf({ src, dst, ...parts }: TupleWords, mask: TupleWords): Partial<Tuple> {
  return {
    ...(src && !mask.src && { src: formatAddress(src) }),
    ...(dst && !mask.dst && { dst: formatAddress(dst) }),
    ...parts,
  };
}

/**
 * What of a request the kernel can compare, as one dump or, where tuples need a family and none was named, one for each. Never more than
 * the request says, and all of it is compared again.
 */
export function kernelFiltersOf({ command, family, protonum, zone, ...request }: Request): KernelFilter[] {
  const exact = {
    ...(family !== undefined && { family }),
    ...(protonum !== undefined && { protonum }),
    // `-w 0` is every entry without a zone of both directions; the kernel's 0 leaves out those with a zone of one direction.
    ...(zone !== undefined && zone !== 0 && { zone }),
    original: exactOf(request.original, request.mask),
    reply: exactOf(request.reply, {}),
  };
  // An update sets mark and status.
  if (command === 'U') return pushDown(exact);
  const { mark, markMask, status = { set: 0, clear: 0 } } = request;
  const statusMask = (status.set | status.clear) >>> 0;
  return pushDown({
    ...exact,
    ...(mark !== undefined && { mark, ...(markMask !== undefined && { markMask }) }),
    ...(statusMask !== 0 && { status: status.set, statusMask }),
  });
}
