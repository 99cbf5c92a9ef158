import { createInterface } from 'node:readline';
import type { Filter } from '@conntrack/filter';
import { looksLikeKey } from '@conntrack/flow';
import type { Io } from '../process/io.js';
import { UsageError } from '../process/usage-error.js';
import { isTerminal } from '../terminal/streams.js';
import { filterOf } from './filter-argument.js';

/** The target of a change: one entry with a key, several entries with their keys, or all entries that match a filter. */
export type Selection = { readonly key: string } | { readonly keys: readonly string[] } | { readonly filter: Filter };

/** Parses the target of a change. A change without words is rejected. @throws UsageError, FilterError */
export async function selectionOf(io: Io, words: readonly string[], verb: 'delete' | 'update'): Promise<Selection> {
  if (words.length === 0 || words.every(word => word.trim() === ''))
    throw new UsageError(
      verb === 'delete'
        ? 'delete requires a key or a filter. To empty the whole table, use: ctctl flush --yes'
        : 'update requires a key or a filter. To change all entries, use a filter that matches all of them: family=ipv4,ipv6',
    );
  if (words.includes('-')) {
    if (words.length > 1) throw new UsageError(`'-' reads keys from standard input. Remove the other words`);
    if (isTerminal(io.stdin))
      throw new UsageError(`'-' reads keys from standard input, which is a terminal. Write the keys as words instead`);
    return { keys: await keysOf(io) };
  }
  if (looksLikeKey(words[0]!)) {
    const other = words.find(word => !looksLikeKey(word));
    if (other !== undefined)
      throw new UsageError(`${verb} requires keys or a filter, not both. '${other}' is not a key`);
    return words.length === 1 ? { key: words[0]! } : { keys: [...new Set(words)] };
  }
  return { filter: await filterOf(io, words, 'change') };
}

/** Reads keys from standard input, one on each line. @throws UsageError for another line */
async function keysOf({ stdin, signal }: Io): Promise<string[]> {
  const keys = new Set<string>();
  let line = 0;
  for await (const text of createInterface({ input: stdin, signal })) {
    line++;
    const key = text.trim();
    if (key === '') continue;
    if (!looksLikeKey(key) || /\s/.test(key))
      throw new UsageError(
        `standard input, line ${line}: '${key.slice(0, 80)}' is not a key (ct1.…). Keys of entries: ctctl list -o name`,
      );
    keys.add(key);
  }
  signal.throwIfAborted();
  return [...keys];
}
