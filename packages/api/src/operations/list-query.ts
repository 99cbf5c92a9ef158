import type { Filter } from '@conntrack/filter';
import { EVENT_TYPES } from '@conntrack/flow';
import { parseSort, type SortTerm, TableError } from '@conntrack/table';
import { requireScope } from '../auth/authenticate.js';
import { fieldsParameter } from '../http/answer/columns.js';
import { FORMAT_NAMES } from '../http/answer/formats.js';
import { flag, integer, oneOf, type Parameter, ParameterFault, word } from '../http/query/parameters.js';
import type { FilteredQuery } from '../http/query/query.js';
import { whereOf } from './event-parameters.js';
import type { Exchange } from './operation.js';

/** Rows of a page that asks for no number, and the most it may ask for. A sorted list is kept in memory as a whole: the same bound. */
export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 10_000;

const sortParameter: Parameter<readonly SortTerm[]> = {
  description: 'Fields to sort by, `-` in front for descending: `-bytes,src`',
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

/** What a list takes beside its filter. */
export const listParameters = {
  limit: integer(
    `Maximum number of flows. Default: ${DEFAULT_LIMIT} in JSON, all in streamed formats. At most ${MAX_LIMIT} in JSON and in sorted lists`,
    1,
    1e12,
  ),
  cursor: word(
    'The `next` of the page before (JSON only). Lists sorted by bytes, packets, timeout or use have one page',
  ),
  sort: sortParameter,
  fields: fieldsParameter,
  format: oneOf('The format, where Accept is inconvenient', FORMAT_NAMES),
  position: flag(
    'Answer `meta.position` (in NDJSON: `position` of the last line), where a watch with the same filter goes on without a hole. The server then listens to events for a while, which costs CPU; without it, a position comes only where it is free. Needs the scope `flows:watch`',
  ),
};

/** A list that is asked for. */
export type ListQuery = FilteredQuery<typeof listParameters>;

/** Where a watch goes on that misses nothing of a list. It has to be taken before the table is read. @throws TableError UNSUPPORTED where it is asked for and there is none */
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
