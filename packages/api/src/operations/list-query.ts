import type { Filter } from '@conntrack/filter';
import { EVENT_TYPES } from '@conntrack/flow';
import { parseSort, type SortTerm, TableError } from '@conntrack/table';
import { requireScope } from '../auth/authenticate.js';
import { fieldsParameter, namesOf, readsParameter } from '../http/answer/columns.js';
import { FORMAT_NAMES } from '../http/answer/formats.js';
import { flag, integer, oneOf, type Parameter, ParameterFault, word } from '../http/query/parameters.js';
import type { FilteredQuery } from '../http/query/query.js';
import { whereOf } from './event-parameters.js';
import type { Exchange } from './operation.js';

/** Default and maximum number of rows in a page. A sorted list is held in memory, so the maximum applies to it, too. */
export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 10_000;

const sortParameter: Parameter<readonly SortTerm[]> = {
  description: 'Fields to sort by, separated by commas; `-` before a field sorts in descending order: `-bytes,src`',
  schema: { type: 'string', example: '-bytes,src' },
  read(text) {
    try {
      return parseSort(text);
    } catch (error) {
      if (error instanceof TableError) throw new ParameterFault(error.message);
      throw error;
    }
  },
};

/** Reads the table itself. */
export const freshParameter = flag(
  'Read the kernel’s table, even if the server has a current index of it (`--index`, see `meta.index`)',
);

/** The query parameters of a list, beside its filter. */
export const listParameters = {
  limit: integer(
    `Maximum number of flows. Default: ${DEFAULT_LIMIT} in JSON, all in streamed formats. At most ${MAX_LIMIT} in JSON and in sorted lists`,
    1,
    1e12,
  ),
  cursor: word(
    'The `next` of the previous page (JSON only). A list that is sorted by bytes, packets, timeout or use has one page',
  ),
  offset: integer(
    'Number of flows of the sorted list before the first item (JSON only; not with `cursor`). With an index (`--index`) the list may have any length, and its order is kept for 2 to 10 seconds, so that a reader can scroll through it; flows that ended since are left out. Without an index, `offset` + `limit` can be at most 10,000',
    0,
    1e12,
  ),
  sort: sortParameter,
  fields: fieldsParameter,
  reads: readsParameter,
  format: oneOf('The format of the response. Default: the Accept header decides, otherwise json', FORMAT_NAMES),
  fresh: freshParameter,
  position: flag(
    'Return `meta.position` (in NDJSON: `position` in the last line). A watch with the same filter that resumes from this position misses nothing. The server then listens to events for a while, which costs processor time; without this parameter, the position is returned only if it costs nothing. Needs the scope `flows:watch`',
  ),
};

/** A parsed request for a list. */
export type ListQuery = FilteredQuery<typeof listParameters>;

/** The fields that the client reads from the flows of a list, beside those of its filter and order. */
export function readsOf({ fields, reads }: Pick<ListQuery['values'], 'fields' | 'reads'>): { reads?: string[] } {
  const names = [...namesOf(fields), ...(reads ?? [])];
  return names.length === 0 ? {} : { reads: names };
}

/**
 * The position for a list, from which a watch misses nothing. Must be called before the table is read.
 *
 * @throws TableError UNSUPPORTED if the position was requested and the table has no events
 */
export async function positionFor(
  { events, principal, table }: Exchange,
  filter: Filter,
  asked: boolean | undefined,
): Promise<string | undefined> {
  const where = whereOf(filter, principal);
  if (!asked) return asked === undefined ? events.freePosition(where) : undefined;
  requireScope(principal, 'flows:watch');
  await table.checkAvailable({ ...(where && { filter: where.filter }), events: EVENT_TYPES });
  return events.position(where);
}
