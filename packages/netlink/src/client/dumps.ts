import type { KernelFilter } from '../change/push-down.js';
import type { EntryCursor } from '../entry/cursor.js';
import { NetlinkError } from '../wire/error.js';

/** A dump's entries as bytes, some thousand at a time. The slab is the receiver's own: nothing writes to it again. */
export interface DumpSlab {
  /** A cursor before the first entry. */
  cursor(): EntryCursor;
}

/** A slab of one of several dumps. */
export interface FilteredSlab extends DumpSlab {
  /** The filter that it was dumped by, as its place in the list; −1 where the kernel could not filter so, and everything comes instead. */
  readonly filter: number;
}

/** The kernel does not know filters of dumps (before 5.8), or not this one. */
const cannotFilter = (error: unknown): boolean =>
  error instanceof NetlinkError && (error.code === 'EOPNOTSUPP' || error.code === 'EINVAL');

type Open = (filter: KernelFilter) => AsyncGenerator<DumpSlab>;

/**
 * The slabs of several dumps, one dump after the other, of which all are under way at once: each walks the whole hash table, and the kernel walks
 * for each on a thread of its own. A refusal comes with the first part of a dump, and so before anything is handed on: then everything
 * comes, once, unfiltered. The kernel may send more than a filter says; a caller that counts must compare again.
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
