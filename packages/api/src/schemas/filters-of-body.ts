import type { Filter } from '@conntrack/filter';
import type { z } from '@hono/zod-openapi';
import { bodyProblem, checkJson, readForm } from '../http/body.js';
import type { Ctx } from '../http/context.js';
import type { Fault } from '../problems.js';
import { readBodyFilter } from './filter-body.js';

/** The media types of a body with filters. */
export const FILTERS_TYPES = ['application/json'];

/**
 * Reads the body of a change, and the filters in the members `names`: one each, or a list. A member that is absent has none.
 *
 * @throws Problem with the faults of body and filters at once
 */
export async function readWithFilters<T, Name extends string>(
  c: Ctx,
  schema: z.ZodType<T>,
  names: readonly Name[],
): Promise<{ body: T; filters: Record<Name, Filter[]> }> {
  const { data: body, members, judged, faults, more } = checkJson((await readForm(c, FILTERS_TYPES)).text, schema);
  const ofFilters: Fault[] = [];
  const filtersOf = (name: Name): Filter[] => {
    const value = members[name];
    if (value === undefined || judged.has(name)) return [];
    const all: [unknown, string][] = Array.isArray(value)
      ? value.map((each, i) => [each, `/${name}/${i}`])
      : [[value, `/${name}`]];
    return all.flatMap(([each, pointer]) => readBodyFilter(each, pointer, 'change', ofFilters)?.filter ?? []);
  };
  const filters = Object.fromEntries(names.map(name => [name, filtersOf(name)])) as Record<Name, Filter[]>;
  if (body === undefined || ofFilters.length > 0) throw bodyProblem(faults, ofFilters, more);
  return { body, filters };
}
