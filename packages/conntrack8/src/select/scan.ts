import type { Conntrack, DumpSlab } from '@conntrack/netlink';
import type { Request } from '../argv/request.js';
import { kernelFiltersOf } from './kernel-filter.js';

/** Whether the kernel's counters are zeroed: those of the table itself alone can be. */
export const zeroes = ({ given, table }: Request): boolean => given.has('zero') && table === 'conntrack';

/**
 * The entries that a request may mean, as slabs of bytes: each is the caller's until it asks for the next. The kernel leaves out what it can be
 * trusted to leave out; everything must be compared again.
 */
export async function* scan(conntrack: Conntrack, request: Request): AsyncGenerator<DumpSlab> {
  const table = request.table === 'expect' ? 'conntrack' : request.table;
  const { family } = request;
  // The kernel leaves entries of another family alone.
  if (zeroes(request)) {
    yield* conntrack.dump({ reuse: true, zeroCounters: true, ...(family !== undefined && { filter: { family } }) });
    return;
  }
  // The lists of ending entries are filtered by nothing but the family.
  const filters = table === 'conntrack' ? kernelFiltersOf(request) : [family === undefined ? {} : { family }];
  yield* conntrack.dumps(filters, { reuse: true, table });
}
