import type { Filter } from '@conntrack/filter';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { filterOf } from './filter-argument.js';

/** The target of a change: one flow with a key, or all flows that match a filter. */
export type Selection = { readonly key: string } | { readonly filter: Filter };

/** Parses the target of a change. A change without words is rejected. @throws UsageError, FilterError */
export async function selectionOf(io: Io, words: readonly string[], verb: 'delete' | 'update'): Promise<Selection> {
  if (words.length === 0 || words.every(word => word.trim() === ''))
    throw new UsageError(
      verb === 'delete'
        ? 'delete requires a key or a filter. To empty the whole table, use: ctctl flush --yes'
        : 'update requires a key or a filter. To change all entries, use a filter that matches all of them: family=ipv4,ipv6',
    );
  if (words[0]!.startsWith('ct1.')) {
    if (words.length > 1) throw new UsageError(`${verb} requires one key or a filter`);
    return { key: words[0]! };
  }
  return { filter: await filterOf(words, { purpose: 'change', warn: text => say(io, text) }) };
}
