import { z } from '@hono/zod-openapi';
import { bodyAlone, bodyProblem, checkJson, requireType, withBody } from '../http/body/body.js';
import type { Fault } from '../http/problem/problems.js';
import type { Parameters } from '../http/query/parameters.js';
import { type FilteredQuery, readFiltered } from '../http/query/query.js';
import type { Exchange, Operation } from '../operations/operation.js';
import { BODY_FILTER_LIMITS, FilterSchema, readBodyFilter } from './filter-body.js';
import { memberValue, readMembers } from './members.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** A body that replaces a query string: a filter and parameters. */
export interface FilteredBody<T extends Parameters> extends NonNullable<Operation['body']> {
  /** Parses the body of a request, whose query string must be empty. @throws Problem with all faults at once */
  read(exchange: Exchange): Promise<FilteredQuery<T>>;
}

/** Makes the body for requests that are too long for a URL: filter and parameters as JSON or as a query string. */
export function filteredBody<T extends Parameters>(
  parameters: T,
  { name, description, example }: { name: string; description: string; example: object },
): FilteredBody<T> {
  const schema = z
    .strictObject({
      filter: FilterSchema,
      ...Object.fromEntries(
        Object.entries(parameters).map(([name, { description, required }]) => [
          name,
          (required ? memberValue : memberValue.optional()).openapi({ description }),
        ]),
      ),
    })
    .openapi(name, { description, example });

  const readJson = (text: string): FilteredQuery<T> => {
    const { members, judged, faults, more } = checkJson(text, schema);
    const ofFilter: Fault[] = [];
    const filter = judged.has('filter') ? undefined : readBodyFilter(members.filter, '/filter', 'read', ofFilter);
    const values = readMembers(members, parameters, '', faults, judged);
    if (filter === undefined || faults.length > 0) throw bodyProblem(faults, ofFilter, more);
    return { ...filter, values };
  };

  const types = [JSON_TYPE, FORM_TYPE];
  return {
    types,
    schema,
    read({ c, raw }) {
      return bodyAlone(raw, async () => {
        const type = requireType(c, types);
        return withBody(c, text =>
          type === FORM_TYPE ? readFiltered(text, parameters, 'read', BODY_FILTER_LIMITS) : readJson(text),
        );
      });
    },
  };
}
