import type { Filter } from '@conntrack/filter';

/**
 * The filter of a command line's words: query strings (`proto=tcp dport=443`), all of which must hold, or else one expression,
 * so that it needs no quotes where the shell leaves it alone. Warnings go to `warn`, ready to print.
 *
 * @throws FilterError with every fault.
 */
export async function filterOf(
  words: readonly string[],
  { purpose, warn }: { purpose: 'read' | 'change'; warn: (text: string) => void },
): Promise<Filter> {
  if (words.length === 0) return { kind: 'all' };
  const { isQuery, parseFilter } = await import('@conntrack/filter');
  const pairs = words.some(isQuery) && words.every(word => /^[a-z]/i.test(word));
  const { filter, warnings } = parseFilter(words.join(pairs ? '&' : ' '), { purpose });
  for (const { snippet } of warnings) warn(snippet);
  return filter;
}
