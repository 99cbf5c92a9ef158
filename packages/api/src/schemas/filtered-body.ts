import { z } from '@hono/zod-openapi';
import { bodyAlone, bodyProblem, checkJson, requireType, withBody } from '../http/body/body.js';
import type { Fault } from '../http/problem/problems.js';
import { ParameterFault, type Parameters, type Values } from '../http/query/parameters.js';
import { type FilteredQuery, readFiltered } from '../http/query/query.js';
import type { Exchange, Operation } from '../operations/operation.js';
import { BODY_FILTER_LIMITS, FilterSchema, readBodyFilter } from './filter-body.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const parameter = z.union([z.string(), z.number(), z.array(z.string())]);

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
          (required ? parameter : parameter.optional()).openapi({ description }),
        ]),
      ),
    })
    .openapi(name, { description, example });

  /** Parses the members of a JSON body like query parameters. */
  const readMembers = (text: string): FilteredQuery<T> => {
    const { members, judged, faults, more } = checkJson(text, schema);
    const ofFilter: Fault[] = [];
    const filter = judged.has('filter') ? undefined : readBodyFilter(members.filter, '/filter', 'read', ofFilter);
    const values: Record<string, unknown> = {};
    for (const [name, { read }] of Object.entries(parameters)) {
      if (!Object.hasOwn(members, name) || judged.has(name)) continue;
      try {
        values[name] = read(String(members[name]));
      } catch (error) {
        if (!(error instanceof ParameterFault)) throw error;
        const { message, expected } = error;
        faults.push({ code: 'invalid', message, pointer: `/${name}`, ...(expected.length > 0 && { expected }) });
      }
    }
    if (filter === undefined || faults.length > 0) throw bodyProblem(faults, ofFilter, more);
    return { ...filter, values: values as Values<T> };
  };

  const types = [JSON_TYPE, FORM_TYPE];
  return {
    types,
    schema,
    read({ c, raw }) {
      return bodyAlone(raw, async () => {
        const type = requireType(c, types);
        return withBody(c, text =>
          type === FORM_TYPE ? readFiltered(text, parameters, 'read', BODY_FILTER_LIMITS) : readMembers(text),
        );
      });
    },
  };
}
