import { FIELDS, type Filter } from '@conntrack/filter';
import { REQUIREMENTS, unavailableIn } from '@conntrack/filter/requirements';
import { TableError } from './errors.js';
import type { SortTerm } from './sort.js';
import type { TableSource } from './source.js';

/**
 * Refuses a filter or sort over fields that the source does not record: an empty answer would look like "nothing matches".
 *
 * @throws TableError FIELD_UNAVAILABLE, naming the sysctl that turns the field on.
 */
export async function checkAvailable(
  source: TableSource,
  {
    filter,
    sort = [],
    events = false,
    signal,
  }: { filter?: Filter; sort?: readonly SortTerm[]; events?: boolean; signal?: AbortSignal },
): Promise<void> {
  const nothing = filter === undefined ? [] : unavailableIn(filter, {});
  const sorted = sort.flatMap(({ field }) => FIELDS.find(({ name, requires }) => name === field && requires) ?? []);
  // Most filters ask for nothing special; the source is not asked for them.
  if (nothing.length === 0 && sorted.length === 0) return;
  const provides = { ...(await source.capabilities(signal)), events };
  const [issue] = filter === undefined ? [] : unavailableIn(filter, provides);
  if (issue !== undefined) throw unavailable(issue.message);
  for (const { name, requires } of sorted)
    if (requires !== 'events' && requires !== undefined && !provides[requires])
      throw unavailable(`${name} ${REQUIREMENTS[requires].missing}`);
}

const unavailable = (message: string): TableError => {
  const field = message.slice(0, message.indexOf(' '));
  const sysctl = /net\.netfilter\.\w+/.exec(message)?.[0];
  return new TableError('FIELD_UNAVAILABLE', message, { field, ...(sysctl !== undefined && { sysctl }) });
};
