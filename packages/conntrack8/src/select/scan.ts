import type { Conntrack, DumpSlab } from '@conntrack/netlink';
import type { Request } from '../argv/request.js';
import { kernelFiltersOf } from './kernel-filters.js';

/** Whether the kernel resets counters. It does so for the main table only. */
export const zeroes = ({ given, table }: Request): boolean => given.has('zero') && table === 'conntrack';

/**
 * The entries that may match a request, as slabs of bytes. A slab belongs to the caller until it asks for the next one.
 * The kernel filters where possible, and all conditions must be checked again.
 */
export async function* scan(conntrack: Conntrack, request: Request): AsyncGenerator<DumpSlab> {
  const table = request.table === 'expect' ? 'conntrack' : request.table;
  const { family } = request;
  // The kernel ignores entries of other families.
  if (zeroes(request)) {
    yield* conntrack.dump({ reuse: true, zeroCounters: true, ...(family !== undefined && { filter: { family } }) });
    return;
  }
  // The lists of ending entries can only be filtered by family.
  const filters = table === 'conntrack' ? kernelFiltersOf(request) : [family === undefined ? {} : { family }];
  yield* conntrack.dumps(filters, { reuse: true, table });
}
