import type { Filter } from '@conntrack/filter';
import { UsageError } from '../process/usage-error.js';

/**
 * The filter in the words of a command line: query strings (`proto=tcp dport=443`), which must all match, or one
 * expression. It needs no quotes if the shell does not change it. `warn` receives warnings, ready to print.
 *
 * @throws FilterError with all faults
 */
export async function filterOf(
  words: readonly string[],
  { purpose, warn }: { purpose: 'read' | 'change'; warn: (text: string) => void },
): Promise<Filter> {
  if (words.length === 0) return { kind: 'all' };
  const key = words.find(word => word.startsWith('ct1.'));
  if (key !== undefined)
    throw new UsageError(`'${key}' is the key of one entry, not a filter. To show the entry: ctctl get ${key}`);
  const { readFilter } = await import('./read-filter.js');
  const read = readFilter(words, purpose);
  for (const { snippet } of read.warnings) warn(snippet);
  return read.filter;
}
