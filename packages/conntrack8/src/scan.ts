import type { Conntrack, DumpSlab, KernelFilter } from '@conntrack/netlink';
import { kernelFiltersOf } from './kernel-filter.js';
import type { Request } from './request.js';

/** The kernel does not know filters of dumps (before 5.8), or not this one. */
const unfiltered = (error: unknown): boolean => {
  const code = (error as { code?: unknown }).code;
  return code === 'EOPNOTSUPP' || code === 'EINVAL';
};

/** Whether the kernel's counters are zeroed: those of the table itself alone can be. */
export const zeroes = ({ given, table }: Request): boolean => given.has('zero') && table === 'conntrack';

/**
 * The entries that a request may mean, as slabs of bytes: each is the caller's until it asks for the next. The kernel leaves out what it can be
 * trusted to leave out; everything must be compared again.
 */
export async function* scan(conntrack: Conntrack, request: Request): AsyncGenerator<DumpSlab> {
  const table = request.table === 'expect' ? 'conntrack' : request.table;
  // The kernel leaves entries of another family alone.
  if (zeroes(request)) {
    const { family } = request;
    yield* conntrack.dump({ reuse: true, zeroCounters: true, ...(family !== undefined && { filter: { family } }) });
    return;
  }
  const open = (filter: KernelFilter): AsyncGenerator<DumpSlab> =>
    conntrack.dump({ reuse: true, table, ...(Object.keys(filter).length > 0 && { filter }) });
  // The lists of ending entries are not filtered by the kernel.
  const filters = table === 'conntrack' ? kernelFiltersOf(request) : [];
  if (filters.length === 0) {
    yield* open(request.family === undefined ? {} : { family: request.family });
    return;
  }
  const dumps = filters.map(open);
  // All of them under way at once: each walks the whole table.
  const firsts = dumps.map(dump => dump.next());
  try {
    // A refusal comes with the first part: before anything is shown, so that nothing is shown twice.
    for (const [i, first] of (await Promise.all(firsts)).entries()) {
      const dump = dumps[i]!;
      if (first.done === true) continue;
      yield first.value;
      yield* dump;
    }
  } catch (error) {
    if (!unfiltered(error)) throw error;
    yield* open({});
  } finally {
    for (const [i, dump] of dumps.entries()) {
      await firsts[i]!.catch(() => {});
      await dump.return(undefined);
    }
  }
}
