import type { Filter } from '@conntrack/filter';
import { type Io, say } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { filterOf } from './filter-argument.js';

/** Which flows a change is about: one, by its key, or all that pass a filter. */
export type Selection = { readonly key: string } | { readonly filter: Filter };

/** The flows that the words of a command line mean. A change without any words does not exist. @throws UsageError, FilterError */
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
