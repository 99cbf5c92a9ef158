import type { Filter } from '@conntrack/filter';
import type { z } from '@hono/zod-openapi';
import { bodyProblem, checkJson, requireType, withBody } from '../http/body/body.js';
import type { Ctx } from '../http/context.js';
import type { Fault } from '../http/problem/problems.js';
import { timeSlices } from '../http/time-slice.js';
import { BODY_FILTER_LIMITS, readBodyFilter } from './filter-body.js';

/** The media types of a body with filters. */
export const FILTERS_TYPES = ['application/json'];

/**
 * Parses the body of a change, and the filters in the members `names`: one filter or a list in each. An absent member has none.
 *
 * @throws Problem with the faults of body and filters at once
 */
export async function readWithFilters<T, Name extends string>(
  c: Ctx,
  schema: z.ZodType<T>,
  names: readonly Name[],
): Promise<{ body: T; filters: Record<Name, Filter[]> }> {
  requireType(c, FILTERS_TYPES);
  return withBody(c, text => readMembers(text, schema, names));
}

async function readMembers<T, Name extends string>(
  text: string,
  schema: z.ZodType<T>,
  names: readonly Name[],
): Promise<{ body: T; filters: Record<Name, Filter[]> }> {
  const { data: body, members, judged, faults, more } = checkJson(text, schema);
  const ofFilters: Fault[] = [];
  const pause = timeSlices();
  const filters = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, Filter[]>;
  const most = BODY_FILTER_LIMITS.text;
  let length = 0;
  for (const name of names) {
    const value = members[name];
    if (value === undefined || judged.has(name)) continue;
    const all = Array.isArray(value) ? value.map((each, i) => [each, `/${name}/${i}`]) : [[value, `/${name}`]];
    for (const [each, pointer] of all) {
      const read = readBodyFilter(each, pointer, 'change', ofFilters);
      if (read !== undefined) filters[name].push(read.filter);
      length += read?.length ?? 0;
      if (length > most) {
        const message = `the filters of a change can have at most ${most} characters in total`;
        throw bodyProblem(faults, [...ofFilters, { code: 'too-long', message, pointer }], more);
      }
      await pause();
    }
  }
  if (body === undefined || ofFilters.length > 0) throw bodyProblem(faults, ofFilters, more);
  return { body, filters };
}
