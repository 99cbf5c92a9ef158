import { FIELDS, type Filter } from '@conntrack/filter';
import { unfitForEvents } from '@conntrack/filter/events';
import { REQUIREMENTS, type UnavailableIssue, unavailableIn } from '@conntrack/filter/requirements';
import type { FlowEventType } from '@conntrack/flow';
import { TableError } from '@conntrack/flow/table';
import { neededBy } from './recorded.js';
import type { TableSource } from './source.js';

/**
 * Refuses a filter or sort over fields that the source does not record: an empty result would look as if nothing matched. With `events`
 * (the types of a stream), it also refuses a filter that the stream cannot apply correctly.
 *
 * @throws TableError FIELD_UNAVAILABLE, which names the sysctl that turns the field on
 */
export async function checkAvailable(
  source: TableSource,
  {
    filter,
    sort = [],
    events,
    signal,
  }: {
    filter?: Filter;
    sort?: readonly { field: string }[];
    events?: readonly FlowEventType[];
    signal?: AbortSignal;
  },
): Promise<void> {
  const [unfit] = filter === undefined || events === undefined ? [] : unfitForEvents(filter, events);
  if (unfit !== undefined) throw unavailable(unfit);
  const nothing = filter === undefined ? [] : unavailableIn(filter, {});
  const sorted = sort.flatMap(({ field }) => FIELDS.find(({ name, requires }) => name === field && requires) ?? []);
  // Most filters need nothing special, and then the source is not asked.
  if (nothing.length === 0 && sorted.length === 0) return;
  const provides = {
    ...(await providedBy(source, filter, sort, signal)),
    events: events !== undefined || source.hasEvents === true,
  };
  const [issue] = filter === undefined ? [] : unavailableIn(filter, provides);
  const where = source.info.kind === 'capture' ? `; no entry of ${source.info.name} has this field` : '';
  if (issue !== undefined) throw unavailable(issue, where);
  for (const { name, requires } of sorted)
    if (requires !== 'events' && requires !== undefined && !provides[requires]) {
      const { missing, ...rest } = REQUIREMENTS[requires];
      throw unavailable({ field: name, message: `${name} ${missing}`, ...rest }, where);
    }
}

/** Returns what the source records, as far as the filter and the order need it. */
async function providedBy(
  source: TableSource,
  filter: Filter | undefined,
  sort: readonly { field: string }[],
  signal: AbortSignal | undefined,
): Promise<{ accounting: boolean; timestamps: boolean }> {
  if (source.recorded === undefined) return source.capabilities(signal);
  const needs = neededBy(filter, sort);
  const found = await source.recorded(needs, signal);
  return { accounting: found.counters, timestamps: (found.start || !needs.start) && (found.age || !needs.age) };
}

const unavailable = (
  { message, field, sysctl }: Pick<UnavailableIssue, 'message' | 'field' | 'sysctl'>,
  where = '',
): TableError =>
  new TableError('FIELD_UNAVAILABLE', message + where, { field, ...(sysctl !== undefined && { sysctl }) });
