import { complete } from '@conntrack/filter/complete';
import { type Candidate, inList } from './candidate.js';

/** The candidates of a word of a filter: fields, operators and values. */
export function filterCandidates(current: string): Candidate[] {
  const { from, to, items } = complete(current, current.length, {
    // A filter in one quoted word is an expression. Without quotes, each word is a test.
    syntax: /\s/.test(current) ? 'expression' : 'query',
  });
  return items
    .filter(({ kind }) => kind !== 'param')
    .map(({ text, detail }) => ({
      text: current.slice(0, from) + text + current.slice(to),
      ...(detail !== undefined && { detail }),
    }));
}

/** The values of a field of filters. */
export function fieldValues(field: string, current: string): Candidate[] {
  const { items } = complete(`${field}=`, field.length + 1, { syntax: 'query' });
  return inList(current, items);
}
