import type { KernelFilter } from '../change/push-down.js';
import type { EntryCursor } from '../entry/cursor.js';
import { NetlinkError } from '../wire/error.js';

/** The entries of a part of a dump, as bytes, some thousand at a time. The slab belongs to the receiver: nothing writes to it again. */
export interface DumpSlab {
  /** Returns a cursor before the first entry. */
  cursor(): EntryCursor;
}

/** A slab of one of several dumps. */
export interface FilteredSlab extends DumpSlab {
  /** Index of the filter of its dump; −1 if the kernel could not filter, and all entries are sent unfiltered. */
  readonly filter: number;
}

/** Whether the kernel does not support filters of dumps (before 5.8), or not this one. */
const cannotFilter = (error: unknown): boolean =>
  error instanceof NetlinkError && (error.code === 'EOPNOTSUPP' || error.code === 'EINVAL');

type Open = (filter: KernelFilter) => AsyncGenerator<DumpSlab>;

/**
 * Yields the slabs of several dumps, one dump after the other. All dumps run at the same time: each walks the whole hash table, on a thread
 * of its own.
 *
 * A refusal comes with the first part of a dump, and so before any slab is yielded. Then all entries are dumped once, unfiltered. The
 * kernel may send more than a filter matches; a caller that counts must compare again.
 */
export async function* dumpAll(open: Open, filters: readonly KernelFilter[]): AsyncGenerator<FilteredSlab> {
  const dumps = filters.map(open);
  const firsts = dumps.map(dump => dump.next());
  try {
    for (const [i, first] of (await Promise.all(firsts)).entries()) {
      if (first.done === true) continue;
      yield { filter: i, cursor: () => first.value.cursor() };
      for await (const slab of dumps[i]!) yield { filter: i, cursor: () => slab.cursor() };
    }
    return;
  } catch (error) {
    if (!cannotFilter(error) || filters.every(filter => Object.keys(filter).length === 0)) throw error;
  } finally {
    for (const [i, dump] of dumps.entries()) {
      await firsts[i]!.catch(() => {});
      await dump.return(undefined);
    }
  }
  for await (const slab of open({})) yield { filter: -1, cursor: () => slab.cursor() };
}
