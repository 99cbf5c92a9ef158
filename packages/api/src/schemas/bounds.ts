import { z } from '@hono/zod-openapi';
import { FilterSchema } from './filter-body.js';
import { counter } from './scalars.js';

/** Filters that one change may have: they ride on one scan, and each row is compared with all of them. */
export const MAX_FILTERS = 1000;

/** Which flows a change is about. */
export const filterShape = {
  filter: FilterSchema.optional().openapi({ description: 'Which flows; this or `filters`' }),
  filters: z
    .array(FilterSchema)
    .min(1)
    .max(MAX_FILTERS)
    .optional()
    .openapi({ description: 'Any of them, found in one scan; each is counted' }),
};

/** How far a change of many flows may go. */
export const boundsShape = {
  maxAffected: counter.optional().openapi({ description: 'When more flows match, nothing is changed (default: 1000)' }),
  expect: counter.optional().openapi({
    description: 'When another number of flows would be changed, nothing is; skipped flows do not count',
  }),
  tolerance: counter.optional().openapi({ description: 'How far from `expect` is still right' }),
  strict: z.boolean().optional().openapi({
    description:
      'Look at each flow again just before its turn, and skip it when another connection took its place: another start time or mark, lower counters, ASSURED or SEEN_REPLY lost',
  }),
};

/** Count and show, and keep the plan. */
export const dryRunShape = {
  dryRun: z.boolean().optional().openapi({
    description: 'Count and show what would be changed, change nothing, and keep the plan for a minute',
  }),
};

/** A tolerance is one of an expected number: the arguments of `refine`. */
export const toleranceOfExpect = [
  (body: { tolerance?: number | undefined; expect?: number | undefined }): boolean =>
    body.tolerance === undefined || body.expect !== undefined,
  { path: ['tolerance'], message: 'tolerance requires expect' },
] as [(body: { tolerance?: number | undefined; expect?: number | undefined }) => boolean, object];

/** One filter or a list of them, and not both: the arguments of `refine`. */
export const oneOrManyFilters = [
  (body: { filter?: unknown; filters?: unknown }): boolean =>
    (body.filter === undefined) !== (body.filters === undefined),
  { path: ['filter'], message: 'exactly one of filter and filters is required' },
] as [(body: { filter?: unknown; filters?: unknown }) => boolean, object];
