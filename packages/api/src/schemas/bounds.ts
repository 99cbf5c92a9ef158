import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filter-body.js';
import { counter } from './scalars.js';

/** Maximum number of filters in a change: each row of the scan is compared with all of them. */
export const MAX_FILTERS = 1000;

/** The members that select the flows of a change. */
export const filterShape = {
  filter: FilterSchema.optional().openapi({ description: 'Selects the flows. Required unless `filters` is given' }),
  filters: z.array(FilterSchema).min(1).max(MAX_FILTERS).optional().openapi({
    description: 'Selects the flows that match any of these filters, with one scan. The result has a count for each',
  }),
};

/** The members that limit a bulk change. */
export const boundsShape = {
  maxAffected: counter
    .optional()
    .openapi({ description: 'Maximum number of flows to change. If more match, nothing is changed. Default: 1000' }),
  expect: counter.optional().openapi({
    description:
      'The number of flows that the change must affect, without skipped ones. If the number is different, nothing is changed',
  }),
  tolerance: counter.optional().openapi({ description: 'Allowed difference from `expect`. Default: 0' }),
  strict: z.boolean().optional().openapi({
    description:
      'Look up each flow again just before it is changed, and skip it if another connection replaced it. A different start time or mark, lower counters, or a lost ASSURED or SEEN_REPLY show that',
  }),
};

/** The member that asks for a dry run. */
export const dryRunShape = {
  dryRun: z.boolean().optional().openapi({
    description:
      'Change nothing. The response shows what would be changed, with a plan that can be executed within 60 seconds',
  }),
};

/** Arguments of `refine`: `tolerance` is allowed with `expect` only. */
export const toleranceOfExpect = [
  (body: { tolerance?: number | undefined; expect?: number | undefined }): boolean =>
    body.tolerance === undefined || body.expect !== undefined,
  { path: ['tolerance'], message: 'tolerance requires expect' },
] as [(body: { tolerance?: number | undefined; expect?: number | undefined }) => boolean, object];

/** Arguments of `refine`: exactly one of `filter` and `filters` must be given. */
export const oneOrManyFilters = [
  (body: { filter?: unknown; filters?: unknown }): boolean =>
    (body.filter === undefined) !== (body.filters === undefined),
  { path: ['filter'], message: 'exactly one of filter and filters is required' },
] as [(body: { filter?: unknown; filters?: unknown }) => boolean, object];
