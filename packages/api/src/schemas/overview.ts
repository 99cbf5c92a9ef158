import { MAX_COUNTS } from '@conntrack/client/protocol';
import type { Filter, FilterIssue } from '@conntrack/filter';
import { ALL } from '@conntrack/filter';
import { printQuery } from '@conntrack/filter/print';
import { z } from '@hono/zod-openapi';
import { bodyProblem, checkJson, requireType, withBody } from '../http/body/body.js';
import { pointerOf } from '../http/body/json-text.js';
import type { Fault } from '../http/problem/problems.js';
import type { Values } from '../http/query/parameters.js';
import { listParameters, MAX_LIMIT } from '../operations/list-query.js';
import type { Exchange } from '../operations/operation.js';
import { topFault, topParameters } from '../operations/top-parameters.js';
import { FilterMetaShape, RankingShape } from './answers.js';
import { FilterSchema, readBodyFilter } from './filter-body.js';
import { FlowSchema } from './flow.js';
import { memberValue, readMembers } from './members.js';
import { counter } from './scalars.js';

/** Maximum number of rankings in one request. Like a count, each costs memory or time for every row. */
const MAX_GROUPS = 8;

const { sort, fields, fresh, reads } = listParameters;
const { by, distinct, metric, k } = topParameters;
const GroupSchema = z
  .strictObject({
    by: memberValue.openapi({ description: by.description, example: 'src' }),
    distinct: memberValue.optional().openapi({ description: distinct.description }),
    metric: memberValue.optional().openapi({ description: metric.description }),
    k: memberValue.optional().openapi({ description: k.description }),
  })
  .openapi('GroupBy', { description: 'A ranking of groups' });

/** The body of `POST /conntrack/overview`. */
export const OverviewRequestSchema = z
  .strictObject({
    filter: FilterSchema.optional(),
    limit: z.int().min(0).max(MAX_LIMIT).optional().openapi({ description: 'Maximum number of flows. Default: 100' }),
    offset: z.int().min(0).optional().openapi({
      description:
        'Number of flows of the sorted list before the first item, as in `GET /conntrack`. With an index, `meta.matched` and `meta.more` are then those of the sorted list, which may be some seconds old',
    }),
    sort: memberValue.optional().openapi({ description: sort.description }),
    fresh: z.boolean().optional().openapi({ description: fresh.description }),
    fields: memberValue.optional().openapi({ description: fields.description }),
    reads: memberValue.optional().openapi({ description: reads.description }),
    groups: z.array(GroupSchema).max(MAX_GROUPS).optional().openapi({ description: 'The rankings of the flows' }),
    counts: z
      .record(z.string().max(64), FilterSchema)
      .optional()
      .openapi({
        description: `Filters by name, up to ${MAX_COUNTS}. Each counts the flows that match it and \`filter\``,
      }),
  })
  .openapi('OverviewRequest', {
    description: 'What an overview contains',
    example: {
      filter: 'proto=tcp',
      sort: '-bytes',
      limit: 50,
      groups: [{ by: 'src', metric: 'bytes', k: 5 }, { by: 'state' }],
      counts: { unreplied: 'unreplied' },
    },
  });

/** An overview of the table. */
export const OverviewSchema = z
  .object({
    items: z
      .array(FlowSchema)
      .openapi({ description: 'The flows from `offset` on, in the order of `sort`, or of flow ids' }),
    groups: z.array(z.object(RankingShape)).openapi({ description: 'The rankings, in the order of the request' }),
    counts: z.record(z.string(), counter).openapi({
      description: 'Number of flows that match each of the named filters, and `filter`',
      example: { unreplied: 12 },
    }),
    meta: z
      .object({
        scanned: counter.openapi({ description: 'Number of entries that were compared with the filter' }),
        matched: counter.openapi({ description: 'Number of flows that match' }),
        more: counter.openapi({ description: 'Number of flows that match and come after `items`' }),
        time: z.iso.datetime().openapi({ description: 'The server’s clock after the scan (RFC 3339)' }),
        ...FilterMetaShape,
      })
      .openapi({ description: 'Facts about the scan' }),
  })
  .openapi('Overview', { description: 'Flows, rankings and counts from one scan' });

/** A parsed request for an overview. */
export interface OverviewQuery {
  filter: Filter;
  /** The filter in canonical form. */
  canonical: string;
  warnings: readonly FilterIssue[];
  limit: number | undefined;
  offset: number | undefined;
  values: Values<Pick<typeof listParameters, 'sort' | 'fields' | 'fresh' | 'reads'>>;
  groups: Values<typeof topParameters>[];
  counts: Record<string, Filter>;
}

function readOverview(text: string): OverviewQuery {
  const { data, members, faults, more } = checkJson(text, OverviewRequestSchema);
  if (data === undefined) throw bodyProblem(faults, [], more);
  const ofFilter: Fault[] = [];
  const filter = data.filter === undefined ? undefined : readBodyFilter(data.filter, '/filter', 'read', ofFilter);
  const canonical = filter === undefined ? '' : printQuery(filter.filter);
  const values = readMembers(data, { sort, fields, fresh, reads }, '', faults);
  const groups = (data.groups ?? []).map((group, i) => {
    const read = readMembers(group, topParameters, `/groups/${i}`, faults);
    const fault = topFault(read, canonical.length);
    if (fault !== undefined)
      faults.push({ code: fault.code, message: fault.message, pointer: `/groups/${i}/${fault.parameter}` });
    return read;
  });
  // The names as they were sent: zod drops `__proto__`.
  const named = Object.entries(members.counts ?? {});
  if (named.length > MAX_COUNTS)
    faults.push({
      code: 'too-long',
      message: `must have at most ${MAX_COUNTS} filters, got ${named.length}`,
      pointer: '/counts',
    });
  const counts = named.slice(0, MAX_COUNTS).flatMap(([name, each]) => {
    const read = readBodyFilter(each, pointerOf(['counts', name]), 'read', ofFilter);
    return read === undefined ? [] : [[name, read.filter] as const];
  });
  if (faults.length > 0 || ofFilter.length > 0) throw bodyProblem(faults, ofFilter, more);
  return {
    filter: filter?.filter ?? ALL,
    canonical,
    warnings: filter?.warnings ?? [],
    limit: data.limit,
    offset: data.offset,
    values,
    groups,
    counts: Object.fromEntries(counts),
  };
}

/** The media type of the body. */
export const OVERVIEW_TYPES = ['application/json'];

/** Parses the body of a request for an overview. @throws Problem with all faults at once */
export async function readOverviewBody({ c }: Exchange): Promise<OverviewQuery> {
  requireType(c, OVERVIEW_TYPES);
  return withBody(c, readOverview);
}
